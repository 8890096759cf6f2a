"""Bring the index, then the caches, up to a batch of events."""

import asyncio
from collections.abc import Sequence

from contracts.envelope import Event
from search_indexer.clients.purges import CachePurges
from search_indexer.domain.changes import changes_of
from search_indexer.storage.plugin_index import PluginIndex

REFRESH_INTERVAL_SECONDS = 0.25
"""Least time between two refreshes. A batch after rest is searchable at once; under load what arrives meanwhile makes
the next batch, so there are at most four refreshes a second."""


class ApplyDocuments:
    """Writes documents, makes them searchable, purges what showed the old ones, in this order.

    Repeats are safe: versions guard the index, and a purge too many only costs a fetch.

    Parameters
    ----------
    index
        Where to write.
    purges
        Whom to tell.
    """

    def __init__(self, *, index: PluginIndex, purges: CachePurges) -> None:
        self._index = index
        self._purges = purges
        self._refreshed_at_seconds = float("-inf")  # on the event loop's clock

    async def execute(self, events: Sequence[Event]) -> None:
        """Apply a batch.

        Raises
        ------
        ServiceUnavailableError, IndexMissingError
            Some may be written; a retry is safe and needed.
        DocumentInvalidError, DocumentRefusedError
            A document can never be indexed; the others of the batch are to be applied without it.
        """
        changes = changes_of(events)
        if not changes.writes:
            return
        await self._index.write(changes.writes)
        await self._refresh()
        await self._purges.publish(changes.stale_groups)

    async def _refresh(self) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._refreshed_at_seconds + REFRESH_INTERVAL_SECONDS - loop.time()))
        self._refreshed_at_seconds = loop.time()
        await self._index.refresh()
