"""Somebody opens an account."""

from uuid import uuid4

from auth.clients.password_threads import PasswordThreads
from auth.domain.accounts import Account
from auth.domain.audit import Action
from auth.domain.emails import Email
from auth.domain.errors import EmailTakenError
from auth.domain.limits import REGISTRATION_ADDRESS, REGISTRATION_TOTAL, Use, network_of
from auth.storage.accounts import insert_account, set_password_hash
from auth.storage.audit import append_audit
from auth.storage.connection import Connection
from auth.storage.known_networks import note_network
from auth.storage.limits.limiter import Limiter
from auth.usecases.caller import Caller
from auth.usecases.entrance import Entered, Entrance
from chassis.db import Database
from chassis.outbox import append_event
from contracts.events.accounts import AccountRegistered


class RegisterAccount:
    """Opens an account and signs it in.

    Parameters
    ----------
    database
        Where accounts are.
    passwords
        Hashes them.
    limiter
        Counts registrations by network, and all.
    entrance
        Opens the session.
    """

    def __init__(self, *, database: Database, passwords: PasswordThreads, limiter: Limiter, entrance: Entrance) -> None:
        self._database = database
        self._passwords = passwords
        self._limiter = limiter
        self._entrance = entrance

    async def execute(self, *, email: Email, password: str, name: str, caller: Caller) -> Entered:
        """Open the account.

        Raises
        ------
        EmailTakenError
            The address has an account.
        RateLimitedError
            Too many accounts were opened of late.
        PasswordWorkBusyError, ServiceUnavailableError
            Nothing was written; a retry is safe.
        """
        await self._limiter.take(
            Use(limit=REGISTRATION_ADDRESS, key=network_of(caller.address)),
            Use(limit=REGISTRATION_TOTAL),
            report=caller.standings,
        )
        former = await self._entrance.find_former(caller)
        password_hash = await self._passwords.hash(password)
        account = Account(id=uuid4(), email=email.address, name=name, public_name=name, roles=("user",), revision=1)
        try:
            async with self._database.transaction() as connection:
                await _open(connection, account, email=email, password_hash=password_hash, caller=caller)
                session = await self._entrance.enter(
                    connection, account, former=former, caller=caller, methods=["password"]
                )
        except EmailTakenError:
            await self._record_refusal(caller)
            raise
        await self._entrance.leave_former(former)
        return Entered(account=account, session=session)

    async def _record_refusal(self, caller: Caller) -> None:
        async with self._database.transaction() as connection:
            await append_audit(
                connection, Action.REGISTRATION_REFUSED, user_id=None, address=caller.address, reason="email-taken"
            )


async def _open(connection: Connection, account: Account, *, email: Email, password_hash: str, caller: Caller) -> None:
    created_at = await insert_account(connection, user_id=account.id, email=email, name=account.name)
    if created_at is None:
        raise EmailTakenError("there is an account with this e-mail address")
    await set_password_hash(connection, user_id=account.id, password_hash=password_hash)
    registered = AccountRegistered(user_id=account.id, name=account.name, registered_at=created_at)
    await append_event(connection, data=registered, key=str(account.id), sequence=1)
    await note_network(connection, user_id=account.id, network=network_of(caller.address))
    await append_audit(
        connection, Action.REGISTERED, user_id=account.id, address=caller.address, after={"name": account.name}
    )
