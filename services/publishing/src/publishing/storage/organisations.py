"""What events last said of organisations, and the plugins that are theirs.

A lock that needs no row stands between writes for an organisation and a note: a write holds it shared to its end, the
note waits for it, and every later write sees the note. So no plugin is missed that is just being registered or got.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_KEY = "hashtextextended('organisation:' || current_schema() || ':' || CAST(:id AS text), 0)"
_HOLD = text(f"SELECT pg_advisory_xact_lock_shared({_KEY})")
_TAKE = text(f"SELECT pg_advisory_xact_lock({_KEY})")
_FIND = text("SELECT sequence, name, deleted_at IS NOT NULL AS is_deleted FROM known_organisations WHERE id = :id")
_NOTE = text(
    "INSERT INTO known_organisations AS known (id, sequence, name, deleted_at)"
    " VALUES (:id, :sequence, :name, :deleted_at)"
    " ON CONFLICT (id) DO UPDATE SET sequence = excluded.sequence, name = coalesce(excluded.name, known.name),"
    " deleted_at = excluded.deleted_at WHERE known.sequence <= excluded.sequence RETURNING known.id"
)
_PLUGINS = text(
    "SELECT id FROM plugins WHERE owner_id = :id AND owner_kind = 'organisation' AND id > :after"
    " ORDER BY id LIMIT :limit"
)
_END_OFFERS = text(
    "UPDATE transfers SET outcome = 'withdrawn', ended_at = now(), ended_by = :ended_by"
    " WHERE to_id = :id AND outcome IS NULL"
)


@dataclass(frozen=True, slots=True)
class KnownOrganisation:
    """What the newest event said; `name` is None where none has named it."""

    sequence: int
    name: str | None
    is_deleted: bool


async def find_known(connection: AsyncConnection, organisation_id: UUID) -> KnownOrganisation | None:
    """Read what is known; None where no event has come."""
    row = (await connection.execute(_FIND, {"id": organisation_id})).one_or_none()
    return None if row is None else KnownOrganisation(row.sequence, row.name, row.is_deleted)


async def hold_organisation(connection: AsyncConnection, organisation_id: UUID) -> KnownOrganisation | None:
    """Read what is known, and keep it so until the transaction ends."""
    await connection.execute(_HOLD, {"id": organisation_id})
    return await find_known(connection, organisation_id)


async def note_organisation(
    connection: AsyncConnection, organisation_id: UUID, *, sequence: int, name: str | None, deleted_at: datetime | None
) -> bool:
    """Note an event, after the writes that hold the organisation; False where a newer one is known.

    Commit before its plugins are looked for.
    """
    await connection.execute(_TAKE, {"id": organisation_id})
    values = {"id": organisation_id, "sequence": sequence, "name": name, "deleted_at": deleted_at}
    return (await connection.execute(_NOTE, values)).one_or_none() is not None


async def list_plugin_ids(
    connection: AsyncConnection, organisation_id: UUID, *, after: str, limit: int
) -> Sequence[str]:
    """List ids of an organisation's plugins, above `after`."""
    values = {"id": organisation_id, "after": after, "limit": limit}
    return list((await connection.execute(_PLUGINS, values)).scalars())


async def end_offers_to(connection: AsyncConnection, organisation_id: UUID, *, ended_by: UUID) -> None:
    """End what waits for an organisation that is no more."""
    await connection.execute(_END_OFFERS, {"id": organisation_id, "ended_by": ended_by})
