"""Compare the index with the newest documents of the topic."""

import asyncio
from dataclasses import dataclass

from search_indexer.clients.newest_documents import NewestDocuments
from search_indexer.domain.differences import Differences, differences
from search_indexer.storage.index_contents import IndexContents

ROUNDS = 4
"""A difference is one that every round finds: what is still under way is no fault."""

ROUND_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """How many documents the topic and the index hold, and where they differ."""

    documents: int
    indexed: int
    found: Differences


class VerifyIndex:
    """Looks whether readers find what the topic says.

    Parameters
    ----------
    newest
        The topic.
    contents
        The index that readers use.
    """

    def __init__(self, *, newest: NewestDocuments, contents: IndexContents) -> None:
        self._newest = newest
        self._contents = contents

    async def execute(self) -> Verified:
        """Compare, while documents may change; takes `ROUNDS` times `ROUND_SECONDS` at most where there is a fault.

        Raises
        ------
        ServiceUnavailableError, IndexMissingError
            A server does not answer, or readers have no index.
        """
        verified = await self._compare()
        for _ in range(ROUNDS - 1):
            if not verified.found:
                break
            await asyncio.sleep(ROUND_SECONDS)
            again = await self._compare()
            verified = Verified(documents=again.documents, indexed=again.indexed, found=verified.found & again.found)
        return verified

    async def _compare(self) -> Verified:
        newest = await self._newest.read()
        indexed = await self._contents.read_versions()
        documents = {key: each.sequence for key, each in newest.items() if each.is_document}
        found = differences(documents=documents, indexed=indexed)
        return Verified(documents=len(documents), indexed=len(indexed), found=found)
