"""Create the index of this code's mapping, and give it readers if it is the first."""

import structlog

from search_indexer.storage.index_setup import IndexSetup

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
        """Create what is missing; a repeat does nothing, two at once are safe.

        Where an index of another mapping is being read, it stays so until the new one has been filled.

        Raises
        ------
        ServiceUnavailableError
            The engine does not answer; a retry is safe.
        """
        created = await self._setup.create()
        current = await self._setup.find_current()
        if current is None:
            await self._setup.promote()
            current = self._setup.index
        _log.info("index_prepared", index=self._setup.index, created=created, read=current)
