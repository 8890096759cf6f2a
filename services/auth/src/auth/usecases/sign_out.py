"""Somebody signs out."""

from auth.domain.audit import Action, Target
from auth.domain.sessions import hash_prefix
from auth.storage.audit import append_audit
from auth.usecases.caller import Caller
from auth.usecases.session_issuer import SessionIssuer
from chassis.db import Database


class SignOut:
    """Ends the session of a request.

    Parameters
    ----------
    database
        Where the audit is.
    sessions
        Ends sessions.
    """

    def __init__(self, *, database: Database, sessions: SessionIssuer) -> None:
        self._database = database
        self._sessions = sessions

    async def execute(self, caller: Caller) -> None:
        """End the session; without one nothing happens.

        Raises
        ------
        ServiceUnavailableError
            Whether the session has ended is not sure; a retry is safe.
        """
        session = await self._sessions.find(caller.session_id)
        if session is None:
            return
        await self._sessions.end(session)
        if session.kind == "user":
            async with self._database.transaction() as connection:
                await append_audit(
                    connection,
                    Action.SIGNED_OUT,
                    user_id=session.subject_id,
                    address=caller.address,
                    target=Target("session", hash_prefix(session.session_hash)),
                )
