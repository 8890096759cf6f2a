"""Somebody looks at the own sessions, and ends some."""

from dataclasses import dataclass
from uuid import UUID

from auth.domain.audit import Action
from auth.domain.errors import SessionNotFoundError
from auth.domain.sessions import hash_prefix
from auth.storage.audit import append_audit
from auth.storage.sessions import ListedSession, StoredSession
from auth.usecases.caller import Caller
from auth.usecases.session_issuer import SessionIssuer
from chassis.db import Database


@dataclass(frozen=True, slots=True)
class OwnSession:
    """One's own session, and whether it is the one that asks."""

    session: ListedSession
    is_current: bool


class OwnSessions:
    """Lists and ends the sessions of an account, for whoever holds one of them.

    Every method raises `SessionEndedError` where the session that asks is over. `ServiceUnavailableError` permits a
    retry.

    Parameters
    ----------
    database
        Where the audit is.
    sessions
        Lists and ends sessions.
    """

    def __init__(self, *, database: Database, sessions: SessionIssuer) -> None:
        self._database = database
        self._sessions = sessions

    async def show(self, user_id: UUID, caller: Caller) -> list[OwnSession]:
        """List the sessions that are open, the last used first."""
        current = await self._sessions.find_own(caller.session_id, user_id)
        return [
            OwnSession(session, session.session_hash == current.session_hash)
            for session in await self._sessions.list_of(user_id)
        ]

    async def end(self, user_id: UUID, name: str, caller: Caller) -> bool:
        """End one of the sessions and say whether it was the one that asks.

        Raises
        ------
        SessionNotFoundError
            The account has no such session.
        """
        current = await self._sessions.find_own(caller.session_id, user_id)
        hashes = [listed.session_hash for listed in await self._sessions.list_of(user_id)]
        session_hash = next((each for each in hashes if hash_prefix(each) == name), "")
        session = StoredSession(session_hash=session_hash, subject_id=user_id, kind="user")
        if not session_hash or not await self._sessions.end(session):
            raise SessionNotFoundError("there is no open session of this id")
        await self._record(user_id, [session_hash], current, caller)
        return session_hash == current.session_hash

    async def end_others(self, user_id: UUID, caller: Caller) -> None:
        """End every session but the one that asks."""
        current = await self._sessions.find_own(caller.session_id, user_id)
        ended = await self._sessions.end_all(user_id, but=current.session_hash)
        await self._record(user_id, ended, current, caller)

    async def _record(self, user_id: UUID, ended: list[str], current: StoredSession, caller: Caller) -> None:
        async with self._database.transaction() as connection:
            for session_hash in ended:
                await append_audit(
                    connection,
                    Action.SIGNED_OUT,
                    user_id=user_id,
                    address=caller.address,
                    detail={"session": hash_prefix(session_hash), "by_session": hash_prefix(current.session_hash)},
                )
