"""Create the index of this code's mapping."""

import structlog

from search_indexer.storage.index_setup import IndexSetup

FIRST = 1

_log = structlog.get_logger()


class PrepareIndex:
    """Makes the index exist.

    Parameters
    ----------
    setup
        The index.
    """

    def __init__(self, *, setup: IndexSetup) -> None:
        self._setup = setup

    async def execute(self) -> None:
        """Create the first generation where there is none; a repeat does nothing, two at once are safe.

        Readers get it from the worker that has filled it; until then they stay where they are.

        Raises
        ------
        ServiceUnavailableError
            The engine does not answer; a retry is safe.
        """
        state = await self._setup.find_state()
        created = not state.generations and await self._setup.create(FIRST)
        read = state.read.index if state.read is not None else None
        _log.info("index_prepared", name=self._setup.name, created=created, read=read)
