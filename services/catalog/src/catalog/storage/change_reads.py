"""Reading the change feed."""

from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.domain.change_pages import Mark, Page, PublicChange, Reach, Wanted
from catalog.domain.changes import ChangeType

_HEAD = text("SELECT coalesce(greatest(max(position), (SELECT position FROM change_horizon)), 0) FROM changes")
_REACH = text(
    "SELECT coalesce((SELECT position FROM change_horizon), 0) AS horizon, last_value AS newest"
    " FROM changes_position_seq"
)
_EVENT = text(
    "SELECT position, CAST(extract(epoch FROM added_at) AS bigint) AS added_at"
    " FROM changes WHERE event_id = :id AND position IS NOT NULL"
)
# What is public is asked when it is read: a plugin that was suspended meanwhile shows its removal and nothing else.
_PAGE = text(
    "WITH bounded AS (SELECT c.position, c.size_bytes FROM changes c JOIN change_keys k USING (key)"
    "   WHERE c.position > :after AND c.position <= :until AND c.type = ANY(:types)"
    "   AND (:with_figures OR NOT c.figures_only)"
    "   AND (c.type = :removal OR (c.data IS NOT NULL AND k.is_listed AND NOT k.is_suspended))"
    "   ORDER BY c.position LIMIT :limit),"
    " sized AS (SELECT position, count(*) OVER () AS found,"
    "   sum(size_bytes) OVER (ORDER BY position) - size_bytes AS bytes_before FROM bounded)"
    " SELECT position, found, event_id, type, source, key, sequence, time, data::text AS data"
    " FROM sized JOIN changes USING (position) WHERE bytes_before < :max_bytes ORDER BY position"
)


async def find_head(connection: AsyncConnection) -> int:
    """Give the newest position, even if its change was dropped; 0 where there is none. All up to it is committed."""
    head: int = (await connection.execute(_HEAD)).scalar_one()
    return head


async def load_reach(connection: AsyncConnection) -> Reach:
    """Say how far the feed goes."""
    row = (await connection.execute(_REACH)).one()
    return Reach(horizon=row.horizon, newest=row.newest)


async def find_event_mark(connection: AsyncConnection, event_id: UUID) -> Mark | None:
    """Give the mark of a reader who has had an event last; None where the feed does not hold it."""
    row = (await connection.execute(_EVENT, {"id": event_id})).one_or_none()
    return Mark(position=row.position, caught_up_at=row.added_at) if row else None


async def load_page(connection: AsyncConnection, wanted: Wanted, *, after: int, until: int) -> Page:
    """Give the changes of positions above `after` and up to `until`, which is no further than the head."""
    values = {
        "after": after,
        "until": until,
        "types": list(wanted.types),
        "with_figures": wanted.with_figures,
        "removal": ChangeType.REMOVAL,
        "limit": wanted.limit,
        "max_bytes": wanted.max_bytes,
    }
    rows = (await connection.execute(_PAGE, values)).all()
    is_last = not rows or (rows[0].found == len(rows) < wanted.limit)
    return Page(changes=tuple(_public(row) for row in rows), is_last=is_last)


def _public(row: Row[Any]) -> PublicChange:
    event = {
        "specversion": "1.0",
        "id": row.event_id,
        "type": row.type,
        "source": row.source,
        "subject": row.key,
        "time": row.time,
        "sequence": row.sequence,
        "datacontenttype": "application/json",
        "data": orjson.Fragment(row.data) if row.data is not None else None,
    }
    json = orjson.dumps(event, option=orjson.OPT_UTC_Z)
    return PublicChange(event_id=row.event_id, type=row.type, position=row.position, json=json)
