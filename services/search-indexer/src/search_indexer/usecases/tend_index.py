"""Look after the index: make it again where it was lost, give readers what is full, remove what they left."""

import asyncio

import structlog

from search_indexer.clients.feed_progress import FeedProgress
from search_indexer.clients.purges import CachePurges
from search_indexer.domain.errors import IndexMissingError, IndexNotReadError
from search_indexer.domain.generations import Generation, IndexState
from search_indexer.storage.index_setup import IndexSetup
from search_indexer.usecases.prepare_index import FIRST

SEARCHED_GROUPS = ("plugins",)
"""Cache groups of the answers that come from the index."""

GRACE_SECONDS = 30.0
"""A generation that readers left is fed so much longer, then removed: searches under way end within one."""

LEAST_SHARE = 0.9
"""Readers are not given an index that holds less of what they have now: the topic, then, is not whole."""

SLACK_DOCUMENTS = 10

_log = structlog.get_logger()


class TendIndex:
    """Keeps one full generation with readers, and at most one that is being filled.

    Parameters
    ----------
    setup
        The index.
    progress
        Of the groups that fill generations.
    purges
        Told when readers move.
    grace_seconds
        See `GRACE_SECONDS`.
    """

    def __init__(
        self, *, setup: IndexSetup, progress: FeedProgress, purges: CachePurges, grace_seconds: float = GRACE_SECONDS
    ) -> None:
        self._setup = setup
        self._progress = progress
        self._purges = purges
        self._grace_seconds = grace_seconds
        self._left_at_seconds: dict[str, float] = {}  # uuid of a generation -> the event loop's clock

    async def execute(self) -> IndexState:
        """Do what is due and give the state that results. Several workers may do so side by side.

        A lost index is created where readers have none at all. Where they have that of another release, only
        `migrate` creates one: a worker of a former release must not begin what would take the readers back.

        Raises
        ------
        ServiceUnavailableError
            A server does not answer; a retry is safe.
        IndexMissingError
            There is no index of this mapping, and readers have another; `migrate` is to be run.
        """
        state = await self._setup.find_state()
        if state.newest is None:
            if state.read is not None:
                raise IndexMissingError(f"there is no index {self._setup.name}")
            _log.warning("index_lost", name=self._setup.name)
            await self._setup.create(FIRST)
            state = await self._setup.find_state()
        filled = state.being_filled
        if filled is not None and await self._is_full(filled, state):
            await self._promote(filled)
            state = await self._setup.find_state()
        if await self._remove_left(state):
            state = await self._setup.find_state()
        return state

    async def force(self) -> None:
        """Give readers the newest generation whatever it holds, such as after a return to an older release.

        Raises
        ------
        IndexMissingError, ServiceUnavailableError
            A retry is safe.
        """
        state = await self._setup.find_state()
        if state.newest is None:
            raise IndexMissingError(f"there is no index {self._setup.name}")
        await self._promote(state.newest)

    async def check(self) -> None:
        """Return when readers have an index that is fed; for readiness."""
        state = await self._setup.find_state()
        if not state.serves_readers:
            raise IndexNotReadError(f"readers have no index {self._setup.name}")

    async def _is_full(self, filled: Generation, state: IndexState) -> bool:
        if not await self._progress.has_caught_up(filled.group):
            return False
        if state.read is None:
            return True
        holds, reads = await self._setup.count(filled.index), await self._setup.count(state.read.index)
        if holds + SLACK_DOCUMENTS >= LEAST_SHARE * reads:
            return True
        _log.error("topic_is_not_whole", index=filled.index, holds=holds, read=state.read.index, reads=reads)
        return False

    async def _promote(self, generation: Generation) -> None:
        await self._setup.promote(generation)
        _log.info("index_promoted", index=generation.index)
        await self._purges.publish(SEARCHED_GROUPS)

    async def _remove_left(self, state: IndexState) -> bool:
        now_seconds = asyncio.get_running_loop().time()
        left = {each.uuid: each for each in state.replaced}
        self._left_at_seconds = {uuid: self._left_at_seconds.get(uuid, now_seconds) for uuid in left}
        oldest_seconds = now_seconds - self._grace_seconds
        due = [left[uuid] for uuid, left_at in self._left_at_seconds.items() if left_at <= oldest_seconds]
        for generation in due:
            await self._setup.remove(generation)
            _log.info("index_removed", index=generation.index)
        if due:
            # A list that was fetched from the new index a moment before it had what the former one had told.
            await self._purges.publish(SEARCHED_GROUPS)
        return bool(due)
