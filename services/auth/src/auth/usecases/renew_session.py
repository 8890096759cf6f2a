"""The gateway wants a fresh identity for a session."""

from datetime import timedelta

from auth.domain.errors import SessionEndedError
from auth.domain.sessions import Subject, subject_of
from auth.storage.accounts import Credentials, find_account, find_own_credentials
from auth.storage.anonymous import touch_anonymous
from auth.storage.sessions import StoredSession
from auth.usecases.session_issuer import RenewedSession, SessionIssuer
from chassis.db import Database

_CLOCKS_DIFFER_BY = timedelta(seconds=60)
"""At most: a session is dated by this process, a password by the database."""


class RenewSession:
    """Signs what is true now of a session's subject.

    Parameters
    ----------
    database
        Where accounts, anonymous identities and their claims are.
    sessions
        Renews sessions.
    """

    def __init__(self, *, database: Database, sessions: SessionIssuer) -> None:
        self._database = database
        self._sessions = sessions

    async def execute(self, session_id: str) -> RenewedSession:
        """Renew the identity and let the session live on.

        Raises
        ------
        SessionEndedError
            There is no such session, its account is gone or got another password since, or its anonymous identity is
            claimed.
        ServiceUnavailableError
            A retry is safe.
        """
        session = await self._sessions.find(session_id)
        if session is None:
            raise SessionEndedError("there is no such session")
        subject = await self._find_subject(session)
        if subject is None:
            await self._sessions.end(session)
            raise SessionEndedError("the owner of this session does not exist any more, or has another password")
        renewed = await self._sessions.renew(session, subject)
        if renewed is None:
            raise SessionEndedError("the session has just ended")
        return renewed

    async def _find_subject(self, session: StoredSession) -> Subject | None:
        if session.kind == "user":
            async with self._database.read() as connection:
                account = await find_account(connection, session.subject_id)
                credentials = await find_own_credentials(connection, session.subject_id)
            if account is None or credentials is None or _is_older_than(session, credentials):
                return None
            return subject_of(account)
        async with self._database.transaction() as connection:
            is_alive = await touch_anonymous(connection, session.subject_id)
        return Subject(id=session.subject_id, kind="anonymous") if is_alive else None


def _is_older_than(session: StoredSession, credentials: Credentials) -> bool:
    """Say whether a session is one that a change of password ended.

    Redis may have lost the index by which sessions are ended, or have come back as it was a moment before.
    """
    return session.opened_at is not None and session.opened_at + _CLOCKS_DIFFER_BY < credentials.changed_at
