"""The index itself: creating it, naming it, recognising it."""

from opensearchpy import AsyncOpenSearch
from opensearchpy.exceptions import NotFoundError, RequestError

from contracts.search_index import index_definition, index_name
from search_indexer.domain.errors import IndexMissingError
from search_indexer.storage.connection import outages

_EXISTS = "resource_already_exists_exception"


class IndexSetup:
    """The index of this code's mapping, behind the alias under which it is read.

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
        self.index = index_name(alias)

    async def create(self) -> bool:
        """Create the index unless it exists; says whether it did. Two callers at once are safe.

        Raises
        ------
        ServiceUnavailableError
            The engine does not answer; a retry is safe.
        """
        with outages():
            try:
                await self._client.indices.create(index=self.index, body=index_definition(self.index))
            except RequestError as error:
                if error.error != _EXISTS:
                    raise
                return False
        return True

    async def find_current(self) -> str | None:
        """Find the index that is being read; None where the alias does not exist yet."""
        with outages():
            try:
                found = await self._client.indices.get_alias(name=self._alias)
            except NotFoundError:
                return None
        return str(next(iter(found)))

    async def promote(self) -> None:
        """Point the alias to this index and to no other, in one step that readers do not notice.

        Raises
        ------
        IndexMissingError, ServiceUnavailableError
            Readers stay where they were; a retry is safe.
        """
        others = {"index": f"{self._alias}-*", "alias": self._alias, "must_exist": False}
        actions = [{"remove": others}, {"add": {"index": self.index, "alias": self._alias}}]
        with outages():
            try:
                await self._client.indices.update_aliases(body={"actions": actions})
            except NotFoundError as error:
                raise IndexMissingError(f"there is no index {self.index}") from error

    async def get_generation(self) -> str:
        """Give the identity of the index: another one whenever it was created anew.

        Raises
        ------
        IndexMissingError
            It does not exist; a retry succeeds once `create` has run.
        ServiceUnavailableError
            The engine does not answer; a retry is safe.
        """
        return await self._get_setting(self.index, "uuid")

    async def is_older_than(self, other: str) -> bool:
        """Say whether another index was created after this one.

        Raises
        ------
        IndexMissingError, ServiceUnavailableError
            A retry is safe.
        """
        created_ms = await self._get_setting(self.index, "creation_date")
        return int(created_ms) < int(await self._get_setting(other, "creation_date"))

    async def _get_setting(self, index: str, name: str) -> str:
        with outages():
            try:
                found = await self._client.indices.get_settings(index=index, name=f"index.{name}")
            except NotFoundError as error:
                raise IndexMissingError(f"there is no index {index}") from error
        return str(found[index]["settings"]["index"][name])
