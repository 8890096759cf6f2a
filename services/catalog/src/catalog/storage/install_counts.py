"""Install counts: a narrow table of their own, changed in sorted batches, copied to the plugins by a job."""

from collections.abc import Mapping, Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# Sorted, so that two batches that share plugins wait for each other instead of dead-locking.
_ADD = text(
    "INSERT INTO install_counts (plugin_id, count, dirty_at)"
    " SELECT plugin_id, delta, clock_timestamp()"
    " FROM unnest(CAST(:plugin_ids AS text[]), CAST(:deltas AS bigint[])) AS change(plugin_id, delta)"
    " ORDER BY plugin_id"
    " ON CONFLICT (plugin_id) DO UPDATE SET count = install_counts.count + excluded.count,"
    " dirty_at = coalesce(install_counts.dirty_at, excluded.dirty_at)"
)

_LOCK_STALE = text(
    "SELECT id FROM plugins WHERE id IN ("
    "  SELECT id FROM plugins WHERE counts_dirty_at IS NOT NULL"
    "  UNION SELECT plugin_id FROM install_counts WHERE dirty_at IS NOT NULL"
    " ) AND (document_emitted_at IS NULL"
    "  OR document_emitted_at < clock_timestamp() - make_interval(secs => :pause_seconds))"
    " ORDER BY id LIMIT :plugins FOR NO KEY UPDATE SKIP LOCKED"
)

_COPY = text(
    "WITH due AS ("
    "  SELECT plugin_id FROM install_counts WHERE plugin_id = ANY(:ids) AND dirty_at IS NOT NULL"
    "  ORDER BY plugin_id FOR UPDATE"
    " ), taken AS ("
    "  UPDATE install_counts SET dirty_at = NULL FROM due WHERE install_counts.plugin_id = due.plugin_id"
    "  RETURNING install_counts.plugin_id, install_counts.count"
    " )"
    # A removal whose creation waits among the dead letters takes a count below zero until that is replayed.
    " UPDATE plugins SET install_count = greatest(taken.count, 0) FROM taken WHERE plugins.id = taken.plugin_id"
)

_SETTLE = text("UPDATE plugins SET counts_dirty_at = NULL WHERE id = ANY(:ids) AND counts_dirty_at IS NOT NULL")


async def add_installs(connection: AsyncConnection, deltas: Mapping[str, int]) -> None:
    """Add to the counts: mapping plugin id → change. Unknown plugins are counted too, for when they arrive."""
    if deltas:
        await connection.execute(_ADD, {"plugin_ids": list(deltas), "deltas": list(deltas.values())})


async def lock_plugins_with_stale_counts(
    connection: AsyncConnection, *, plugins: int, pause_seconds: float
) -> Sequence[str]:
    """Lock plugins whose counts or ratings changed since their last document.

    Parameters
    ----------
    plugins
        How many at most.
    pause_seconds
        Skip plugins whose last document is younger; rows that another transaction holds are skipped too.

    Returns
    -------
    Sequence
        Their ids, sorted.
    """
    rows = await connection.execute(_LOCK_STALE, {"plugins": plugins, "pause_seconds": pause_seconds})
    return rows.scalars().all()


async def copy_install_counts(connection: AsyncConnection, plugin_ids: Sequence[str]) -> None:
    """Copy the counts to locked plugins."""
    await connection.execute(_COPY, {"ids": list(plugin_ids)})


async def settle_unlisted(connection: AsyncConnection, plugin_ids: Sequence[str]) -> None:
    """Forget, for locked plugins that got no document, that their ratings changed: their next one tells."""
    await connection.execute(_SETTLE, {"ids": list(plugin_ids)})
