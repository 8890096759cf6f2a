"""Dropping changes that are old, or that a newer one has replaced."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.domain.change_pages import KEPT_DAYS
from catalog.domain.changes import ChangeType

# A reader may come back after `KEPT_DAYS`; a day more makes up for clocks and for the job's own time. A removal stays
# as long again: who begins anew may be given a document just before it is dropped, and must still hear of its removal.
_CHANGES_DAYS = KEPT_DAYS + 1
_REMOVALS_DAYS = 2 * KEPT_DAYS + 1

_FIGURES_HOURS = 1
"""A document replaced by one with newer counts stays this long, for readers who resume at its id."""

_PRUNE = text(
    "WITH age AS (SELECT clock_timestamp() - make_interval(hours => :figures_hours) AS figures,"
    "   clock_timestamp() - make_interval(days => :changes_days) AS changes,"
    "   clock_timestamp() - make_interval(days => :removals_days) AS removals),"
    " doomed AS (SELECT c.event_id FROM changes c JOIN change_keys k USING (key) CROSS JOIN age"
    "   WHERE c.added_at < age.figures AND CASE"
    "   WHEN c.figures_only THEN c.sequence < k.document_sequence"
    "   WHEN c.type = :document THEN c.sequence < k.content_sequence AND c.added_at < age.changes"
    "   WHEN c.type = :removal THEN c.added_at < age.removals"
    "   ELSE c.added_at < age.changes END"
    "   LIMIT :rows),"
    " gone AS (DELETE FROM changes USING doomed WHERE changes.event_id = doomed.event_id"
    "   RETURNING changes.position, changes.type),"
    # A document has been replaced by the next one or by a removal, so without it nothing is missing.
    " horizon AS (INSERT INTO change_horizon (position)"
    "   SELECT max(position) FROM gone WHERE type <> :document HAVING max(position) IS NOT NULL"
    "   ON CONFLICT (id) DO UPDATE SET position = greatest(change_horizon.position, excluded.position))"
    " SELECT count(*) FROM gone"
)


async def prune_changes(connection: AsyncConnection, *, rows: int) -> int:
    """Drop so many changes at most; returns how many. The newest document of each plugin always stays."""
    values = {
        "figures_hours": _FIGURES_HOURS,
        "changes_days": _CHANGES_DAYS,
        "removals_days": _REMOVALS_DAYS,
        "document": ChangeType.DOCUMENT,
        "removal": ChangeType.REMOVAL,
        "rows": rows,
    }
    count: int = (await connection.execute(_PRUNE, values)).scalar_one()
    return count
