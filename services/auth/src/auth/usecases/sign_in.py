"""Somebody signs in."""

from typing import NoReturn
from uuid import UUID

from auth.clients.password_threads import PasswordThreads
from auth.domain.audit import Action, Target
from auth.domain.emails import Email
from auth.domain.errors import CredentialsInvalidError
from auth.storage.accounts import find_account_locked, find_credentials, is_still_set, refresh_password_hash
from auth.storage.audit import append_audit
from auth.storage.sign_in_limits import SignInLimits
from auth.usecases.caller import Caller
from auth.usecases.entrance import Entered, Entrance
from chassis.db import Database


class SignIn:
    """Signs an account in by its password.

    An unknown address and a wrong password take the same steps, of the same length.

    Parameters
    ----------
    database
        Where accounts are.
    passwords
        Checks them.
    limits
        Counts failures.
    entrance
        Opens the session.
    """

    def __init__(
        self, *, database: Database, passwords: PasswordThreads, limits: SignInLimits, entrance: Entrance
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._limits = limits
        self._entrance = entrance

    async def execute(self, *, email: Email, password: str, caller: Caller) -> Entered:
        """Sign in.

        Raises
        ------
        CredentialsInvalidError
            Address or password is wrong.
        SignInLimitedError
            Too many attempts failed of late.
        PasswordWorkBusyError, ServiceUnavailableError
            Nobody was signed in; a retry is safe.
        """
        await self._limits.check(email, caller.address)
        former = await self._entrance.find_former(caller)
        async with self._database.read() as connection:
            found = await find_credentials(connection, email)
        fits, fresh_hash = await self._passwords.check_and_refresh(found.password_hash if found else None, password)
        if found is None or not fits:
            await self._refuse(email, found.user_id if found else None, caller)
        await self._limits.forget(email, caller.address)
        async with self._database.transaction() as connection:
            # Locked, so that a change of rights or password comes wholly before or wholly after the new session.
            account = await find_account_locked(connection, found.user_id)
            if account is None or not await is_still_set(connection, found):
                raise CredentialsInvalidError("e-mail address or password is wrong")
            if fresh_hash is not None:
                await refresh_password_hash(connection, user_id=account.id, password_hash=fresh_hash)
            session = await self._entrance.enter(
                connection, account, former=former, caller=caller, methods=["password"]
            )
            await append_audit(
                connection,
                Action.SIGNED_IN,
                user_id=account.id,
                address=caller.address,
                target=Target("session", session.name),
            )
        await self._entrance.leave_former(former)
        return Entered(account=account, session=session)

    async def _refuse(self, email: Email, user_id: UUID | None, caller: Caller) -> NoReturn:
        await self._limits.note_failure(email, caller.address)
        reason = "address-unknown" if user_id is None else "password-wrong"
        async with self._database.transaction() as connection:
            await append_audit(
                connection, Action.SIGN_IN_REFUSED, user_id=user_id, address=caller.address, reason=reason
            )
        raise CredentialsInvalidError("e-mail address or password is wrong")
