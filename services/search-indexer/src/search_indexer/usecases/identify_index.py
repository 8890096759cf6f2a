"""Recognise the index that is being filled."""

from search_indexer.storage.index_setup import IndexSetup


class IdentifyIndex:
    """Tells one life of the index from the next.

    Parameters
    ----------
    setup
        The index.
    """

    def __init__(self, *, setup: IndexSetup) -> None:
        self._setup = setup

    async def execute(self) -> str:
        """Give the identity of the index, another one whenever it was created anew.

        Raises
        ------
        ServiceUnavailableError, IndexMissingError
            A retry is safe.
        """
        return await self._setup.get_generation()

    async def check(self) -> None:
        """Return when the index exists; for readiness."""
        await self._setup.get_generation()
