"""Somebody sets another password."""

from uuid import UUID

from auth.clients.password_threads import PasswordThreads
from auth.domain.accounts import Account
from auth.domain.audit import Action
from auth.domain.errors import PresentPasswordWrongError
from auth.domain.mails import MailKind
from auth.domain.sessions import subject_of
from auth.storage.accounts import find_account_locked, is_still_set, set_password_hash
from auth.storage.audit import append_audit
from auth.storage.connection import Connection
from auth.storage.mails.outbox import append_mail
from auth.storage.sessions import StoredSession
from auth.usecases.caller import Caller
from auth.usecases.entrance import Entered
from auth.usecases.present_password import PresentPassword
from auth.usecases.session_issuer import OpenedSession, SessionIssuer
from chassis.db import Database


class ChangePassword:
    """Replaces the password of whoever knows the present one, and ends every session but a new one.

    Parameters
    ----------
    database
        Where accounts are.
    passwords
        Hashes them.
    present_password
        Checks it.
    sessions
        Ends the sessions and opens the new one.
    """

    def __init__(
        self,
        *,
        database: Database,
        passwords: PasswordThreads,
        present_password: PresentPassword,
        sessions: SessionIssuer,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._present_password = present_password
        self._sessions = sessions

    async def execute(self, *, user_id: UUID, present: str, new: str, caller: Caller) -> Entered:
        """Change the password.

        Raises
        ------
        PresentPasswordWrongError
            The present one is another, or was changed at this very moment.
        SessionEndedError
            The session that asks is over, or its account gone.
        SignInLimitedError
            Too many attempts failed of late.
        PasswordWorkBusyError, ServiceUnavailableError
            The password is as it was; a retry is safe.
        """
        former = await self._sessions.find_own(caller.session_id, user_id)
        credentials = await self._present_password.check(
            user_id, present, caller, refusal=Action.SIGN_IN_REFUSED, wanted="a change of password"
        )
        password_hash = await self._passwords.hash(new)
        async with self._database.transaction() as connection:
            # Locked, so that a sign-in with the former password comes before and is ended, or comes after and fails.
            locked = await find_account_locked(connection, user_id)
            if locked is None or not await is_still_set(connection, credentials):
                raise PresentPasswordWrongError("the password was changed at this very moment")
            await set_password_hash(connection, user_id=user_id, password_hash=password_hash)
            session = await self._replace(connection, locked, former, caller)
        return Entered(account=locked, session=session)

    async def _replace(
        self, connection: Connection, account: Account, former: StoredSession, caller: Caller
    ) -> OpenedSession:
        """Leave the account one new session, before the commit: where that fails, people are signed out at worst."""
        # The password proves nothing anew: where there is a second factor, it would be a way around it.
        session = await self._sessions.open(
            subject_of(account), origin=caller.origin, authentication=former.authentication
        )
        await append_audit(
            connection,
            Action.PASSWORD_SET,
            user_id=account.id,
            address=caller.address,
            detail={"session": session.name},
        )
        await append_mail(connection, MailKind.PASSWORD_CHANGED, about=str(account.id), address=caller.address)
        await self._sessions.end_all(account.id, but=session.session_hash)
        return session
