"""Bring the read model to the state that publishing stated."""

from collections.abc import Sequence
from itertools import groupby

from catalog.domain.plugin_change import PluginChange
from catalog.storage.documents import emit_documents
from catalog.storage.plugin_state import apply_changes
from chassis.db import Database


class ApplyPluginChanges:
    """Applies events of plugins.v1, each plugin's state guarded by its sequence.

    Versions are final facts of their own, so one that arrives late is added whatever the state's sequence is.

    Parameters
    ----------
    database
        Of this service.
    is_rebuild
        Take also the state and the versions that the rows claim to have already, because they may have been damaged.
    """

    def __init__(self, *, database: Database, is_rebuild: bool = False) -> None:
        self._database = database
        self._is_rebuild = is_rebuild

    async def apply(self, changes: Sequence[PluginChange]) -> None:
        """Apply a batch in one transaction, with one document for each plugin that changed. A repeat does nothing."""
        # Sorted by plugin, so that two batches that share plugins lock their rows in the same order.
        ordered = sorted(changes, key=lambda change: (change.state.plugin_id, change.sequence))
        async with self._database.transaction() as connection:
            changed = [
                plugin_id
                for plugin_id, mine in groupby(ordered, key=lambda change: change.state.plugin_id)
                if await apply_changes(connection, list(mine), is_rebuild=self._is_rebuild)
            ]
            await emit_documents(connection, changed, change="content")
