"""The gateway wants a fresh identity for a session."""

from auth.domain.errors import SessionEndedError
from auth.domain.sessions import Subject, subject_of
from auth.storage.accounts import find_account
from auth.storage.anonymous import touch_anonymous
from auth.storage.sessions import StoredSession
from auth.usecases.session_issuer import RenewedSession, SessionIssuer
from chassis.db import Database


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
            There is no such session, its account is gone, or its anonymous identity is claimed.
        ServiceUnavailableError
            A retry is safe.
        """
        session = await self._sessions.find(session_id)
        if session is None:
            raise SessionEndedError("there is no such session")
        subject = await self._find_subject(session)
        if subject is None:
            await self._sessions.end(session)
            raise SessionEndedError("the owner of this session does not exist any more")
        renewed = await self._sessions.renew(session, subject)
        if renewed is None:
            raise SessionEndedError("the session has just ended")
        return renewed

    async def _find_subject(self, session: StoredSession) -> Subject | None:
        if session.kind == "user":
            async with self._database.read() as connection:
                account = await find_account(connection, session.subject_id)
            return None if account is None else subject_of(account)
        async with self._database.transaction() as connection:
            is_alive = await touch_anonymous(connection, session.subject_id)
        return Subject(id=session.subject_id, kind="anonymous") if is_alive else None
