"""Bring the index, then the caches, up to a batch of events."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from chassis.errors import PlatformError
from contracts.envelope import Event
from search_indexer.clients.purges import CachePurges
from search_indexer.domain.changes import changes_of
from search_indexer.domain.errors import DocumentInvalidError, DocumentRefusedError
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

    Attributes
    ----------
    is_quiet
        Whether no cache is told, because another index is being read, and its own feed tells them.
    """

    def __init__(self, *, index: PluginIndex, purges: CachePurges) -> None:
        self._index = index
        self._purges = purges
        self.is_quiet = False
        self._applied: frozenset[UUID] = frozenset()
        self._refreshed_at_seconds = float("-inf")  # on the event loop's clock

    async def execute(self, events: Sequence[Event]) -> None:
        """Apply a batch.

        Raises
        ------
        ServiceUnavailableError, IndexMissingError
            Some may be written; a retry is safe and needed.
        DocumentInvalidError, DocumentRefusedError
            A document can never be indexed. The others of the batch have been applied, and are known when they are
            given again one by one, so that they cost nothing then.
        """
        fresh = [event for event in events if event.id not in self._applied]
        if not fresh:
            return
        sound, fault = await self._apply(fresh)
        if fault is None:
            # What was tried again goes on; something new has nothing to do with the batch that failed.
            self._applied = self._applied if len(fresh) < len(events) else frozenset()
            return
        if sound:  # else this is what cannot be applied, tried again between what could
            failed = {event.id for event in fresh} - {event.id for event in sound}
            self._applied = frozenset(event.id for event in events if event.id not in failed)
        raise fault

    async def _apply(self, events: Sequence[Event]) -> tuple[Sequence[Event], PlatformError | None]:
        """Apply what can be; gives that, and why something cannot."""
        sound: Sequence[Event] = events
        fault: PlatformError | None = None
        try:
            changes = changes_of(events)
        except DocumentInvalidError as error:
            sound, fault = [event for event in events if _is_sound(event)], error
            changes = changes_of(sound)
        if changes.writes:
            try:
                await self._index.write(changes.writes)
            except DocumentRefusedError as error:
                sound, fault = [event for event in sound if event.key not in error.plugin_ids], fault or error
            await self._refresh()
            if not self.is_quiet:
                await self._purges.publish(changes.stale_groups)
        return sound, fault

    async def _refresh(self) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._refreshed_at_seconds + REFRESH_INTERVAL_SECONDS - loop.time()))
        self._refreshed_at_seconds = loop.time()
        await self._index.refresh()


def _is_sound(event: Event) -> bool:
    try:
        changes_of([event])
    except DocumentInvalidError:
        return False
    return True
