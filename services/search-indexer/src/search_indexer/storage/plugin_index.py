"""Writing the index: bulk requests whose versions are the events' sequences."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from opensearchpy import AsyncOpenSearch
from opensearchpy.exceptions import NotFoundError

from chassis.errors import ServiceUnavailableError
from contracts.search_index import feed_name
from search_indexer.domain.changes import Write
from search_indexer.domain.errors import DocumentRefusedError, IndexMissingError
from search_indexer.storage.connection import BUSY_STATUSES, outages

BULK_BYTES = 4 * 1024 * 1024
"""A request's size at most, roughly; research found 2 to 5 MB best."""

_CONFLICT = 409
_NOT_FOUND = 404
_BLOCKED = "cluster_block_exception"
_NO_INDEX = "index_not_found_exception"


class PluginIndex:
    """The documents of one index.

    Parameters
    ----------
    client
        The engine.
    index
        Its concrete name; it is written through its feed, so that a write never creates an index.
    """

    def __init__(self, *, client: AsyncOpenSearch, index: str) -> None:
        self._client = client
        self._feed = feed_name(index)

    async def write(self, writes: Sequence[Write]) -> None:
        """Apply writes; what the index has in a newer version stays as it is. A repeat changes nothing.

        Raises
        ------
        ServiceUnavailableError, IndexMissingError
            The engine is away, overloaded or blocked, or the index is not there; a retry is safe.
        DocumentRefusedError
            Some documents do not fit the mapping; the others are written.
        """
        refused: dict[str, str] = {}
        for body in _bodies(writes):
            with outages():
                answer = await self._client.bulk(
                    index=self._feed,
                    body=body,
                    params={"require_alias": "true", "filter_path": "errors,items.*._id,items.*.status,items.*.error"},
                )
            if answer["errors"]:
                refused |= _refused(answer["items"])
        if refused:
            reason = next(iter(refused.values()))
            raise DocumentRefusedError(f"{len(refused)} refused, first {reason}", plugin_ids=frozenset(refused))

    async def refresh(self) -> None:
        """Make everything written so far searchable; safe to repeat.

        Raises
        ------
        ServiceUnavailableError, IndexMissingError
            As `write`.
        """
        with outages():
            try:
                await self._client.indices.refresh(index=self._feed)
            except NotFoundError as error:
                raise IndexMissingError(f"there is no index behind {self._feed}") from error


def _bodies(writes: Sequence[Write]) -> Iterator[bytes]:
    encoder = msgspec.json.Encoder()
    lines = bytearray()
    for write in writes:
        target = {"_id": write.plugin_id, "version": write.version, "version_type": "external_gte"}
        action = {"delete": target} if write.document is None else {"index": target}
        lines += encoder.encode(action) + b"\n"
        if write.document is not None:
            lines += encoder.encode(write.document) + b"\n"
        if len(lines) >= BULK_BYTES:
            yield bytes(lines)
            lines.clear()
    if lines:
        yield bytes(lines)


def _refused(items: Sequence[dict[str, dict[str, Any]]]) -> dict[str, str]:
    """Give id → reason of what can never be done; a version conflict is done: the index has something newer."""
    refused: dict[str, str] = {}
    for item in items:
        (result,) = item.values()
        fault = result.get("error")
        if fault is None or result["status"] == _CONFLICT:
            continue
        if result["status"] == _NOT_FOUND or fault["type"] == _NO_INDEX:
            raise IndexMissingError(str(fault.get("reason")))
        if result["status"] in BUSY_STATUSES or fault["type"] == _BLOCKED:
            raise ServiceUnavailableError("the search engine")
        refused[result["_id"]] = f"{result['_id']}: {fault['type']}: {fault.get('reason')}"
    return refused
