"""Somebody opens an account at once."""

from uuid import uuid4

from auth.clients.password_threads import PasswordThreads
from auth.domain.accounts import Account
from auth.domain.audit import Action
from auth.domain.emails import Email
from auth.domain.errors import EmailTakenError
from auth.domain.limits import REGISTRATION_ADDRESS, REGISTRATION_TOTAL, Use, network_of
from auth.domain.mails import MailKind
from auth.storage.audit import append_audit
from auth.storage.limits.limiter import Limiter
from auth.storage.mails.outbox import append_mail
from auth.usecases.caller import Caller
from auth.usecases.entrance import Entered, Entrance
from auth.usecases.open_account import open_account
from chassis.db import Database


class RegisterAccount:
    """Opens an account, signs it in, and has the mail sent that confirms its address.

    Who registers learns whether an address has an account: `auth.usecases.mail.apply_for_account` tells nobody.

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
                await open_account(connection, account, email=email, password_hash=password_hash, caller=caller)
                await append_mail(connection, MailKind.VERIFICATION, about=str(account.id), address=caller.address)
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
