"""A visitor without session is about to write."""

from uuid import uuid4

from auth.domain.devices import Origin
from auth.domain.sessions import NOBODY, Subject
from auth.storage.anonymous import insert_anonymous
from auth.usecases.session_issuer import OpenedSession, SessionIssuer
from chassis.db import Database


class MintAnonymous:
    """Gives a visitor an anonymous identity, which outlives the session store.

    Parameters
    ----------
    database
        Where anonymous identities are.
    sessions
        Opens the session.
    """

    def __init__(self, *, database: Database, sessions: SessionIssuer) -> None:
        self._database = database
        self._sessions = sessions

    async def execute(self) -> OpenedSession:
        """Make the identity and open its session.

        Raises
        ------
        ServiceUnavailableError
            Nothing was written; a retry is safe.
        """
        subject = Subject(id=uuid4(), kind="anonymous")
        async with self._database.transaction() as connection:
            await insert_anonymous(connection, subject.id)
            return await self._sessions.open(subject, origin=Origin(), authentication=NOBODY)
