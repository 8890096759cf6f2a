"""Names of authors in the change feed, which keeps documents and versions for a month after newer ones came.

Whoever calls this holds the feed's lock, so that a change is either there when its author is erased or sees the mark.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.domain.changes import ChangeType
from contracts.identity import DELETED_NAME

# The author of a version stands below its plugin, that of a document at the top.
_ANONYMISE = (
    "UPDATE changes SET data = CASE WHEN type = :version"
    " THEN jsonb_set(data, '{plugin,author,name}', to_jsonb(CAST(:name AS text)))"
    " ELSE jsonb_set(data, '{author,name}', to_jsonb(CAST(:name AS text))) END"
    " WHERE type IN (:version, :document) AND {which}"
    " AND coalesce(data #>> '{plugin,author,id}', data #>> '{author,id}') IN ({authors})"
)
_OF_AUTHOR = text(
    _ANONYMISE.replace(
        "{which}", "key IN (SELECT id FROM plugins WHERE author_id = CAST(CAST(:author_id AS text) AS uuid))"
    ).replace("{authors}", "CAST(:author_id AS text)")
)
_ADDED = text(
    _ANONYMISE.replace("{which}", "event_id = ANY(:ids)").replace(
        "{authors}", "SELECT CAST(user_id AS text) FROM erased_accounts"
    )
)
_VALUES = {"name": DELETED_NAME, "version": ChangeType.VERSION.value, "document": ChangeType.DOCUMENT.value}


async def anonymise_author(connection: AsyncConnection, author_id: UUID) -> None:
    """Take an author's name out of the changes that are there."""
    await connection.execute(_OF_AUTHOR, {**_VALUES, "author_id": str(author_id)})


async def anonymise_added(connection: AsyncConnection, ids: Sequence[UUID]) -> None:
    """Take the names of erased authors out of changes that were just added: an event may come after the erasure."""
    if ids:
        await connection.execute(_ADDED, {**_VALUES, "ids": list(ids)})
