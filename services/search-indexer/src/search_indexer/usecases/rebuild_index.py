"""Make a new generation of the index, which the workers fill and readers then get."""

from dataclasses import dataclass

from search_indexer.domain.errors import IndexMissingError, NewerIndexReadError
from search_indexer.domain.generations import Generation, IndexState, generation_name
from search_indexer.storage.index_setup import IndexSetup


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildPlan:
    """What a rebuild comes to.

    Parameters
    ----------
    index
        The generation that is to have the readers.
    number
        Its number.
    exists
        Whether a rebuild is under way already, which is then watched.
    read
        What readers use meanwhile; None where they have no index, and the catalog answers from its database.
    """

    index: str
    number: int
    exists: bool
    read: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildProgress:
    """How far it is.

    Parameters
    ----------
    documents
        Searchable in the new index.
    expected
        How many there will be, about; None where that is unknown or reached.
    is_read
        Whether readers have it.
    """

    documents: int
    expected: int | None
    is_read: bool


class RebuildIndex:
    """Starts rebuilds and tells how far they are. The workers do them: they feed every generation that there is.

    Parameters
    ----------
    setup
        The index.
    """

    def __init__(self, *, setup: IndexSetup) -> None:
        self._setup = setup

    async def plan(self) -> RebuildPlan:
        """Say what `start` would do; changes nothing.

        Raises
        ------
        NewerIndexReadError
            Readers use the index of a later release.
        ServiceUnavailableError
            The engine does not answer; a retry is safe.
        """
        return self._plan(await self._setup.find_state())

    async def start(self) -> Generation:
        """Create the next generation, or find the one that is being filled already.

        Raises
        ------
        NewerIndexReadError, ServiceUnavailableError
            As `plan`.
        IndexMissingError
            Somebody deleted it at once; a retry is safe.
        """
        plan = await self.plan()
        if not plan.exists:
            await self._setup.create(plan.number)
        state = await self._setup.find_state()
        for generation in state.generations:
            if generation.index == plan.index:
                return generation
        raise IndexMissingError(f"there is no index {plan.index}")

    async def find_progress(self, generation: Generation) -> RebuildProgress:
        """Look how far the workers are.

        Raises
        ------
        IndexMissingError
            The generation was deleted: the rebuild was called off.
        ServiceUnavailableError
            The engine does not answer; a retry is safe.
        """
        state = await self._setup.find_state()
        read = state.being_read
        if read is not None and read.number >= generation.number:
            return RebuildProgress(documents=await self._setup.count(read.index), expected=None, is_read=True)
        if generation not in state.generations:
            raise IndexMissingError(f"the index {generation.index} was deleted")
        return RebuildProgress(
            documents=await self._setup.count(generation.index),
            expected=await self._setup.count(state.read.index) if state.read is not None else None,
            is_read=False,
        )

    def _plan(self, state: IndexState) -> RebuildPlan:
        newest, filled = state.newest, state.being_filled
        if newest is not None and filled is None and state.being_read is None and state.read is not None:
            raise NewerIndexReadError(f"readers use {state.read.index}, which is of a later release")
        number = filled.number if filled is not None else newest.number + 1 if newest is not None else 1
        return RebuildPlan(
            index=generation_name(self._setup.name, number),
            number=number,
            exists=filled is not None,
            read=state.read.index if state.read is not None else None,
        )
