"""Tell everybody the new figures of plugins, not too often."""

from catalog.storage.documents import emit_documents
from catalog.storage.install_counts import copy_install_counts, lock_plugins_with_stale_counts, settle_unlisted
from catalog.storage.outbox_backlog import backlog_seconds
from chassis.db import Database

BATCH_PLUGINS = 500
"""Plugins in one transaction: it lasts about 0.1 s, in which their reviews wait."""

PAUSE_SECONDS = 5.0
"""A plugin's document is emitted for figures at most this often (design, section 6)."""


BACKLOG_SECONDS = 30.0
"""While the relay is further behind than this nothing is added: newer figures would only pile up behind older ones."""


class EmitChangedCounts:
    """Copies install counts to the plugins and emits their documents. Several processes may do so side by side.

    Parameters
    ----------
    database
        Of this service.
    pause_seconds, backlog_seconds
        As `PAUSE_SECONDS` and `BACKLOG_SECONDS`.
    """

    def __init__(
        self,
        *,
        database: Database,
        pause_seconds: float = PAUSE_SECONDS,
        backlog_seconds: float = BACKLOG_SECONDS,
    ) -> None:
        self._database = database
        self._pause_seconds = pause_seconds
        self._backlog_seconds = backlog_seconds

    async def emit(self) -> int:
        """Do one batch; returns how many plugins it had, `BATCH_PLUGINS` where more may wait. A repeat is safe."""
        async with self._database.transaction() as connection:
            if await backlog_seconds(connection) > self._backlog_seconds:
                return 0
            plugin_ids = await lock_plugins_with_stale_counts(
                connection, plugins=BATCH_PLUGINS, pause_seconds=self._pause_seconds
            )
            if plugin_ids:
                await copy_install_counts(connection, plugin_ids)
                await emit_documents(connection, plugin_ids, change="counts")
                await settle_unlisted(connection, plugin_ids)
        return len(plugin_ids)
