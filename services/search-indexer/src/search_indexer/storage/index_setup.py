"""The index itself: creating it, recognising it, giving it readers, removing it."""

from collections.abc import Mapping
from typing import Any

from opensearchpy import AsyncOpenSearch
from opensearchpy.exceptions import NotFoundError, RequestError

from contracts.search_index import index_definition, index_name
from search_indexer.domain.errors import IndexMissingError
from search_indexer.domain.generations import Generation, IndexState, ReadIndex, generation_name, number_of
from search_indexer.storage.connection import outages

_EXISTS = "resource_already_exists_exception"
_STATE = "*.aliases,*.settings.index.uuid,*.settings.index.creation_date"


class IndexSetup:
    """The generations of the index of this code's mapping, behind the alias under which one is read.

    Parameters
    ----------
    client
        The engine.
    alias
        Name under which the catalog reads.
    """

    def __init__(self, *, client: AsyncOpenSearch, alias: str) -> None:
        self._client = client
        self._alias = alias
        self.name = index_name(alias)

    async def find_state(self) -> IndexState:
        """Look at what there is.

        Raises
        ------
        ServiceUnavailableError
            The engine does not answer, or has not read its own state yet; a retry is safe.
        """
        with outages():
            found = await self._client.indices.get(index=f"{self._alias}-*", params={"filter_path": _STATE})
        generations = [
            Generation(index=index, number=number, uuid=_setting(entry, "uuid"), created_ms=_created_ms(entry))
            for index, entry in found.items()
            if (number := number_of(index, name=self.name)) is not None
        ]
        read = [
            ReadIndex(index=index, created_ms=_created_ms(entry))
            for index, entry in found.items()
            if self._alias in entry.get("aliases", {})
        ]
        return IndexState(
            generations=sorted(generations, key=lambda each: each.number),
            read=max(read, key=lambda each: each.created_ms, default=None),
        )

    async def create(self, number: int) -> bool:
        """Create a generation unless it exists; says whether it did. Two callers at once are safe.

        Raises
        ------
        ServiceUnavailableError
            The engine does not answer; a retry is safe.
        """
        index = generation_name(self.name, number)
        with outages():
            try:
                await self._client.indices.create(index=index, body=index_definition(index))
            except RequestError as error:
                if error.error != _EXISTS:
                    raise
                return False
        return True

    async def promote(self, generation: Generation) -> None:
        """Point the alias to this generation and to no other index, in one step that readers do not notice.

        Raises
        ------
        IndexMissingError, ServiceUnavailableError
            Readers stay where they were; a retry is safe.
        """
        others = {"index": f"{self._alias}-*", "alias": self._alias, "must_exist": False}
        actions = [{"remove": others}, {"add": {"index": generation.index, "alias": self._alias}}]
        with outages():
            try:
                await self._client.indices.update_aliases(body={"actions": actions})
            except NotFoundError as error:
                raise IndexMissingError(f"there is no index {generation.index}") from error

    async def remove(self, generation: Generation) -> None:
        """Delete a generation with all its documents; one that is gone stays gone.

        Raises
        ------
        ServiceUnavailableError
            The engine does not answer; a retry is safe.
        """
        with outages():
            await self._client.indices.delete(index=generation.index, params={"ignore_unavailable": "true"})

    async def count(self, index: str) -> int:
        """Count the searchable documents of an index.

        Raises
        ------
        IndexMissingError, ServiceUnavailableError
            A retry is safe.
        """
        with outages():
            try:
                answer = await self._client.count(index=index)
            except NotFoundError as error:
                raise IndexMissingError(f"there is no index {index}") from error
        return int(answer["count"])


def _created_ms(entry: Mapping[str, Any]) -> int:
    return int(_setting(entry, "creation_date"))


def _setting(entry: Mapping[str, Any], name: str) -> str:
    return str(entry["settings"]["index"][name])
