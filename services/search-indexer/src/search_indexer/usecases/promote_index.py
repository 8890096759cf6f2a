"""Let readers use this code's index once it holds everything."""

import structlog

from search_indexer.clients.feed_progress import FeedProgress
from search_indexer.clients.purges import CachePurges
from search_indexer.storage.index_setup import IndexSetup

SEARCHED_GROUPS = ("plugins",)
"""Cache groups of the answers that come from the index."""

_log = structlog.get_logger()


class PromoteIndex:
    """Moves the readers' alias from an older index to this one.

    Parameters
    ----------
    setup
        The index.
    progress
        Of the group that fills it.
    purges
        Told when readers move.
    """

    def __init__(self, *, setup: IndexSetup, progress: FeedProgress, purges: CachePurges) -> None:
        self._setup = setup
        self._progress = progress
        self._purges = purges

    async def execute(self, *, group: str) -> None:
        """Promote the index if `group` has filled it and readers use none or an older one; safe to repeat.

        A newer index stays: while two releases run side by side, the older one must not take its readers back.

        Raises
        ------
        ServiceUnavailableError, IndexMissingError
            A retry is safe.
        """
        current = await self._setup.find_current()
        if current == self._setup.index or (current is not None and await self._setup.is_older_than(current)):
            return
        if await self._progress.has_caught_up(group):
            await self.force()

    async def force(self) -> None:
        """Promote the index whatever it holds, such as after a return to an older release.

        Raises
        ------
        ServiceUnavailableError
            A retry is safe.
        """
        await self._setup.promote()
        _log.info("index_promoted", index=self._setup.index)
        await self._purges.publish(SEARCHED_GROUPS)
