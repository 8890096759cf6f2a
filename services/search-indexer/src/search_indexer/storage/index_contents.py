"""Reading the whole index: which version of which plugin it holds."""

from typing import Any

from opensearchpy import AsyncOpenSearch
from opensearchpy.exceptions import NotFoundError

from search_indexer.domain.errors import IndexMissingError
from search_indexer.storage.connection import outages

PAGE_DOCUMENTS = 5_000


class IndexContents:
    """What readers can find.

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

    async def read_versions(self) -> dict[str, int]:
        """Give plugin id → version of its document, which is the sequence of its event.

        Raises
        ------
        IndexMissingError
            Readers have no index.
        ServiceUnavailableError
            The engine does not answer; a retry is safe.
        """
        versions: dict[str, int] = {}
        body: dict[str, Any] = {"size": PAGE_DOCUMENTS, "_source": False, "version": True, "sort": [{"id": "asc"}]}
        while True:
            with outages():
                try:
                    answer = await self._client.search(index=self._alias, body=body)
                except NotFoundError as error:
                    raise IndexMissingError(f"readers have no index: there is no alias {self._alias}") from error
            hits = answer["hits"]["hits"]
            if not hits:
                return versions
            versions |= {hit["_id"]: int(hit["_version"]) for hit in hits}
            body["search_after"] = hits[-1]["sort"]
