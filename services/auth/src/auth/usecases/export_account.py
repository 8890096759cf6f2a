"""Somebody wants everything that is kept of their account."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from auth.domain.audit import Action, AuditRecord
from auth.domain.sessions import hash_prefix
from auth.storage.audit import append_audit, list_audit
from auth.storage.personal_data import export_account
from auth.storage.sessions import ListedSession
from auth.usecases.caller import Caller
from auth.usecases.session_issuer import SessionIssuer
from chassis.db import Database


@dataclass(frozen=True, slots=True)
class ExportedPart:
    """A part of an export: items, then entries of the log, newest first, and whether older ones follow."""

    items: Sequence[dict[str, Any]]
    entries: Sequence[AuditRecord]
    has_more: bool


class ExportAccount:
    """Reads an account for whoever holds one of its sessions.

    Parameters
    ----------
    database
        Where accounts and their audit are.
    sessions
        Lists sessions.
    """

    def __init__(self, *, database: Database, sessions: SessionIssuer) -> None:
        self._database = database
        self._sessions = sessions

    async def execute(self, user_id: UUID, caller: Caller, *, before: int | None, limit: int) -> ExportedPart:
        """Give a part: all but the log with its first entries, or those below the id `before`.

        Raises
        ------
        SessionEndedError
            The session that asks is over.
        ServiceUnavailableError
            A retry is safe.
        """
        await self._sessions.find_own(caller.session_id, user_id)
        items: list[dict[str, Any]] = []
        if before is None:
            async with self._database.transaction() as connection:
                await append_audit(connection, Action.EXPORTED, user_id=user_id, address=caller.address)
                items += await export_account(connection, user_id)
            items += [_session(session) for session in await self._sessions.list_of(user_id)]
        async with self._database.read() as connection:
            entries = await list_audit(connection, user_id, before=before, limit=limit + 1)
        return ExportedPart(items, entries[:limit], len(entries) > limit)


def _session(session: ListedSession) -> dict[str, Any]:
    return {
        "kind": "session",
        "id": hash_prefix(session.session_hash),
        "device": session.origin.device,
        "network": session.origin.network,
        "signed_in_at": session.opened_at,
        "last_seen_at": session.seen_at,
    }
