"""Emitting plugin documents: every state that everybody may see, in the order of its commits.

The caller has locked the plugins' rows in an *earlier* statement, so the statements here see the newest state, and the
outbox positions drawn here are in commit order per plugin (design, section 4).
"""

from collections.abc import Sequence
from typing import Any, Literal

import orjson
from sqlalchemy import text
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.domain.listing import is_listed
from catalog.domain.ratings import average_rating
from catalog.storage.tables import LISTED
from chassis.telemetry import current_traceparent
from contracts.events.documents import PluginDocument, PluginDocumentRemoved
from contracts.events.plugins import Author

Change = Literal["content", "counts"]

_COLUMNS = (
    "id, name, description, author_id, author_name, category, tags, icon_url, status, latest_version, install_count,"
    " rating_sum, rating_count, published_at, updated_at, document_sequence"
)

# A plugin that was never listed has no document, so it needs no tombstone; figures change nothing about a tombstone.
_NEXT = text(
    "UPDATE plugins SET document_sequence = document_sequence + 1, document_emitted_at = clock_timestamp(),"  # noqa: S608 - constants
    " counts_dirty_at = NULL"
    f" WHERE id = ANY(:ids) AND (({LISTED}) OR (CAST(:change AS text) = 'content' AND document_sequence > 0))"
    f" RETURNING {_COLUMNS}"
)

_APPEND = text(
    "INSERT INTO outbox (aggregatetype, aggregateid, type, payload, sequence, traceparent)"
    " SELECT :topic, record.key, record.type, record.payload, record.sequence, :traceparent"
    " FROM jsonb_to_recordset(CAST(:records AS jsonb))"
    " AS record(key text, type text, payload jsonb, sequence bigint)"
)


async def emit_documents(connection: AsyncConnection, plugin_ids: Sequence[str], *, change: Change) -> int:
    """Write the documents of locked plugins into the outbox.

    Plugins that are listed no longer get a tombstone with the change ``content``, and nothing with ``counts``.

    Parameters
    ----------
    plugin_ids
        Rows that this transaction locked in an earlier statement.
    change
        How far the news reaches: ``counts`` changes figures only.

    Returns
    -------
    int
        How many events were written.
    """
    if not plugin_ids:
        return 0
    rows = (await connection.execute(_NEXT, {"ids": list(plugin_ids), "change": change})).all()
    if rows:
        records = orjson.dumps([_record(row, change) for row in rows]).decode()
        await connection.execute(
            _APPEND, {"topic": PluginDocument.topic, "records": records, "traceparent": current_traceparent()}
        )
    return len(rows)


def _record(row: Row[Any], change: Change) -> dict[str, Any]:
    record = {"key": row.id, "sequence": row.document_sequence}
    if not is_listed(status=row.status, latest_version=row.latest_version):
        return {**record, "type": PluginDocumentRemoved.event_type, "payload": None}
    document = PluginDocument(
        plugin_id=row.id,
        name=row.name,
        description=row.description,
        author=Author(id=row.author_id, name=row.author_name),
        category=row.category,
        tags=tuple(row.tags),
        icon_url=row.icon_url,
        latest_version=row.latest_version,
        install_count=row.install_count,
        rating_average=average_rating(rating_sum=row.rating_sum, rating_count=row.rating_count),
        rating_count=row.rating_count,
        published_at=row.published_at,
        updated_at=row.updated_at,
        change=change,
    )
    payload = orjson.Fragment(document.model_dump_json())
    return {**record, "type": PluginDocument.event_type, "payload": payload}
