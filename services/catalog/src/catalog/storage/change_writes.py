"""Writing the change feed, one writer at a time.

The lock comes first and a later statement draws the positions, so position order is commit order: whoever reads
`position > cursor` skips nothing. Without the lock a writer that commits late is passed over for ever (design,
section 4: a quarter of the events).
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.domain.changes import Arrangement, Change, ChangeType, KeyState, Waiting
from catalog.storage.change_authors import anonymise_added

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('changes:' || current_schema(), 0))")
_STATES = text("SELECT * FROM change_keys WHERE key = ANY(:keys)")
_KNOWN = text("SELECT event_id FROM changes WHERE event_id = ANY(:ids)")
_WAITING = text(
    "SELECT key, event_id, type = :document AS is_document FROM changes"
    " WHERE position IS NULL AND key = ANY(:keys) ORDER BY key, time, sequence"
)
_DRAW = text("SELECT nextval('changes_position_seq') AS position FROM generate_series(1, :number)")
_ADD = text(
    "INSERT INTO changes (event_id, position, type, source, key, sequence, time, data, size_bytes, figures_only)"
    " SELECT event_id, position, type, source, key, sequence, time, data, size_bytes, figures_only"
    " FROM jsonb_to_recordset(CAST(:records AS jsonb)) AS record(event_id uuid, position bigint, type text,"
    " source text, key text, sequence bigint, time timestamptz, data jsonb, size_bytes int, figures_only boolean)"
    " ON CONFLICT (event_id) DO NOTHING"
)
_PLACE = text(
    "UPDATE changes SET position = given.position"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:positions AS bigint[])) AS given(event_id, position)"
    " WHERE changes.event_id = given.event_id"
)
_DROP = text("DELETE FROM changes WHERE event_id = ANY(:ids)")
_SAVE_STATES = text(
    "INSERT INTO change_keys SELECT * FROM jsonb_populate_recordset(NULL::change_keys, CAST(:records AS jsonb))"
    " ON CONFLICT (key) DO UPDATE SET is_listed = excluded.is_listed, is_suspended = excluded.is_suspended,"
    " document_sequence = excluded.document_sequence, content_sequence = excluded.content_sequence,"
    " plugin_sequence = excluded.plugin_sequence"
)
_WITHDRAW = text(
    "UPDATE changes SET data = NULL, size_bytes = 0"
    " FROM jsonb_to_recordset(CAST(:records AS jsonb)) AS newer(key text, reviewer_id text, sequence bigint)"
    " WHERE changes.key = newer.key AND type = :posted AND data ->> 'user_id' = newer.reviewer_id"
    " AND changes.sequence < newer.sequence"
)


async def lock_feed(connection: AsyncConnection) -> None:
    """Become the feed's only writer until the transaction ends; call it first."""
    await connection.execute(_LOCK)


async def load_states(connection: AsyncConnection, keys: Collection[str]) -> dict[str, KeyState]:
    """Give each key's state, a fresh one where nothing is known of it."""
    rows = await connection.execute(_STATES, {"keys": list(keys)})
    known = {row.key: KeyState(**row._asdict()) for row in rows}
    return {key: known.get(key) or KeyState(key=key) for key in keys}


async def known_ids(connection: AsyncConnection, ids: Sequence[UUID]) -> frozenset[UUID]:
    """Give those ids that the feed holds."""
    return frozenset((await connection.execute(_KNOWN, {"ids": list(ids)})).scalars())


async def load_waiting(connection: AsyncConnection, keys: Collection[str]) -> Mapping[str, Sequence[Waiting]]:
    """Give the changes without position, by key, in the order in which they happened."""
    result: dict[str, list[Waiting]] = defaultdict(list)
    for row in await connection.execute(_WAITING, {"keys": list(keys), "document": ChangeType.DOCUMENT}):
        result[row.key].append(Waiting(row.event_id, row.is_document))
    return result


async def write_arrangement(connection: AsyncConnection, arrangement: Arrangement) -> None:
    """Draw positions and write the changes; reviews that one of them replaces are erased."""
    drawn = (await connection.execute(_DRAW, {"number": len(arrangement.order)})).scalars()
    positions = dict(zip(arrangement.order, drawn, strict=True))
    records = [
        {
            "event_id": change.event_id,
            "position": positions.pop(change.event_id, None),
            "type": change.type,
            "source": change.source,
            "key": change.key,
            "sequence": change.sequence,
            "time": change.time,
            "data": orjson.Fragment(change.data) if change.data is not None else None,
            "size_bytes": len(change.data or b""),
            "figures_only": change.event_id in arrangement.figures_only,
        }
        for change in arrangement.added
    ]
    if records:
        await connection.execute(_ADD, {"records": orjson.dumps(records).decode()})
    if positions:  # what is left waited for them
        await connection.execute(_PLACE, {"ids": list(positions), "positions": list(positions.values())})
    if arrangement.dropped:
        await connection.execute(_DROP, {"ids": arrangement.dropped})
    await _withdraw_older_reviews(connection, arrangement.added)
    await anonymise_added(connection, [change.event_id for change in arrangement.added])


async def save_states(connection: AsyncConnection, states: Collection[KeyState]) -> None:
    """Write the keys' states."""
    records = orjson.dumps([asdict(state) for state in states]).decode()
    await connection.execute(_SAVE_STATES, {"records": records})


async def _withdraw_older_reviews(connection: AsyncConnection, changes: Sequence[Change]) -> None:
    """Erase what a user said before, since nobody can read it elsewhere either; the ids stay, for who resumes there."""
    newer = [
        {"key": change.key, "reviewer_id": change.reviewer_id, "sequence": change.sequence}
        for change in changes
        if change.reviewer_id is not None
    ]
    if newer:
        values = {"records": orjson.dumps(newer).decode(), "posted": ChangeType.REVIEW_POSTED}
        await connection.execute(_WITHDRAW, values)
