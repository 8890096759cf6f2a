"""A step that several use cases share: whoever holds a session proves to know its account's password."""

from uuid import UUID

from auth.clients.password_threads import PasswordThreads
from auth.domain.audit import Action
from auth.domain.emails import parse_email
from auth.domain.errors import PasswordWorkBusyError, PresentPasswordWrongError, SessionEndedError
from auth.storage.accounts import Credentials, find_account, find_own_credentials
from auth.storage.audit import append_audit
from auth.usecases.caller import Caller
from auth.usecases.sign_in_guard import SignInGuard
from chassis.db import Database


class PresentPassword:
    """Checks the present password of an account.

    Parameters
    ----------
    database
        Where accounts are.
    passwords
        Checks it.
    guard
        Counts failures, together with those of signing in.
    """

    def __init__(self, *, database: Database, passwords: PasswordThreads, guard: SignInGuard) -> None:
        self._database = database
        self._passwords = passwords
        self._guard = guard

    async def check(
        self, user_id: UUID, password: str, caller: Caller, *, refusal: Action, wanted: str | None = None
    ) -> Credentials:
        """Check it, and give what it was checked against.

        Parameters
        ----------
        refusal, wanted
            What the audit says of a failure.

        Raises
        ------
        PresentPasswordWrongError
            It is another.
        SessionEndedError
            The account is gone.
        SignInLimitedError
            Too many attempts failed of late.
        PasswordWorkBusyError, ServiceUnavailableError
            A retry is safe.
        """
        async with self._database.read() as connection:
            account = await find_account(connection, user_id)
            credentials = await find_own_credentials(connection, user_id)
        if account is None or credentials is None:
            raise SessionEndedError("the account of this session does not exist")
        attempt = await self._guard.admit(parse_email(account.email), caller, is_known=True)
        try:
            fits = await self._passwords.check(credentials.password_hash, password)
        except PasswordWorkBusyError:
            await self._guard.note_untried(attempt)
            raise
        if not fits:
            async with self._database.transaction() as connection:
                await append_audit(
                    connection,
                    refusal,
                    user_id=user_id,
                    address=caller.address,
                    reason="password-wrong",
                    detail={"wanted": wanted} if wanted else None,
                )
            raise PresentPasswordWrongError("this is not the account's present password")
        await self._guard.note_success(attempt)
        return credentials
