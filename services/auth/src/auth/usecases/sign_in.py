"""Somebody signs in."""

from typing import NoReturn
from uuid import UUID

from auth.clients.password_threads import PasswordThreads
from auth.domain.audit import Action
from auth.domain.emails import Email
from auth.domain.errors import CredentialsInvalidError, PasswordWorkBusyError
from auth.storage.accounts import find_account_locked, find_credentials, is_still_set, refresh_password_hash
from auth.storage.audit import append_audit
from auth.storage.second_factor.factors import find_factors
from auth.usecases.caller import Caller
from auth.usecases.entrance import Entered, Entrance
from auth.usecases.second_factor.second_step import SecondStep
from auth.usecases.sign_in_guard import SignInGuard
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
    guard
        Counts failures.
    entrance
        Opens the session.
    second_step
        Asks for the second factor of who has one.
    """

    def __init__(
        self,
        *,
        database: Database,
        passwords: PasswordThreads,
        guard: SignInGuard,
        entrance: Entrance,
        second_step: SecondStep,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._guard = guard
        self._entrance = entrance
        self._second_step = second_step

    async def execute(self, *, email: Email, password: str, caller: Caller) -> Entered:
        """Sign in.

        Raises
        ------
        CredentialsInvalidError
            Address or password is wrong.
        SecondFactorRequiredError
            They are right, and the account has a second factor; nobody was signed in.
        SignInLimitedError
            Too many attempts failed of late.
        PasswordWorkBusyError, ServiceUnavailableError
            Nobody was signed in; a retry is safe.
        """
        self._passwords.require_room()
        attempt = await self._guard.admit(email, caller)
        former = await self._entrance.find_former(caller)
        async with self._database.read() as connection:
            found = await find_credentials(connection, email)
        try:
            fits, fresh_hash = await self._passwords.check_and_refresh(found.password_hash if found else None, password)
        except PasswordWorkBusyError:
            await self._guard.note_untried(attempt)
            raise
        if found is None or not fits:
            await self._refuse(found.user_id if found else None, caller)
        await self._guard.note_success(attempt)
        async with self._database.transaction() as connection:
            # Locked, so that a change of rights or password comes wholly before or wholly after the new session.
            account = await find_account_locked(connection, found.user_id)
            if account is None or not await is_still_set(connection, found):
                raise CredentialsInvalidError("e-mail address or password is wrong")
            if fresh_hash is not None:
                await refresh_password_hash(connection, user_id=account.id, password_hash=fresh_hash)
            factors = await find_factors(connection, account.id)
            session = None
            if not factors.is_on:
                session = await self._entrance.sign_in(
                    connection, account, former=former, caller=caller, methods=["password"]
                )
        if session is None:
            raise await self._second_step.ask(found, factors, caller)
        await self._entrance.leave_former(former)
        return Entered(account=account, session=session)

    async def _refuse(self, user_id: UUID | None, caller: Caller) -> NoReturn:
        reason = "address-unknown" if user_id is None else "password-wrong"
        async with self._database.transaction() as connection:
            await append_audit(
                connection, Action.SIGN_IN_REFUSED, user_id=user_id, address=caller.address, reason=reason
            )
        raise CredentialsInvalidError("e-mail address or password is wrong")
