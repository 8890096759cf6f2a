"""Somebody reads what happened to their account."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from auth.domain.audit import AuditRecord
from auth.storage.audit import list_audit
from chassis.db import Database


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Entries, newest first, and whether older ones follow."""

    entries: Sequence[AuditRecord]
    has_more: bool


class ListAudit:
    """Reads an account's entries.

    Parameters
    ----------
    database
        Where the audit is.
    """

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def execute(self, user_id: UUID, *, before: int | None, limit: int) -> AuditPage:
        """Read a page, from the newest entry or below the id `before`.

        Raises
        ------
        ServiceUnavailableError
            A retry is safe.
        """
        async with self._database.read() as connection:
            found = await list_audit(connection, user_id, before=before, limit=limit + 1)
        return AuditPage(entries=found[:limit], has_more=len(found) > limit)
