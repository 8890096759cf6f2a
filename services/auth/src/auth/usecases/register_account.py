"""Somebody opens an account."""

from uuid import uuid4

from auth.clients.password_threads import PasswordThreads
from auth.domain.accounts import Account
from auth.domain.audit import Action
from auth.domain.emails import Email
from auth.domain.errors import EmailTakenError
from auth.storage.accounts import insert_account, set_password_hash
from auth.storage.audit import append_audit
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
    entrance
        Opens the session.
    """

    def __init__(self, *, database: Database, passwords: PasswordThreads, entrance: Entrance) -> None:
        self._database = database
        self._passwords = passwords
        self._entrance = entrance

    async def execute(self, *, email: Email, password: str, name: str, caller: Caller) -> Entered:
        """Open the account.

        Raises
        ------
        EmailTakenError
            The address has an account.
        PasswordWorkBusyError, ServiceUnavailableError
            Nothing was written; a retry is safe.
        """
        former = await self._entrance.find_former(caller)
        password_hash = await self._passwords.hash(password)
        user_id = uuid4()
        async with self._database.transaction() as connection:
            created_at = await insert_account(connection, user_id=user_id, email=email, name=name)
            if created_at is None:
                raise EmailTakenError("there is an account with this e-mail address")
            await set_password_hash(connection, user_id=user_id, password_hash=password_hash)
            registered = AccountRegistered(user_id=user_id, name=name, registered_at=created_at)
            await append_event(connection, data=registered, key=str(user_id), sequence=1)
            await append_audit(connection, Action.REGISTERED, user_id=user_id, address=caller.address)
            account = Account(id=user_id, email=email.address, name=name, public_name=name, roles=("user",), revision=1)
            session = await self._entrance.enter(connection, account, former=former, caller=caller)
        await self._entrance.leave_former(former)
        return Entered(account=account, session=session)
