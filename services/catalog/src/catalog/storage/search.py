"""Asking the search engine, lean: ready bytes go through as they are."""

import hashlib
from collections.abc import Sequence
from typing import Any

import aiohttp
import msgspec
import structlog
from prometheus_client import Histogram
from yarl import URL

from catalog.domain.browse import TOTAL_LIMIT, BrowseRequest, Engine, FacetValue, FoundPage, Position
from catalog.storage.search_breaker import Breaker
from catalog.storage.search_query import search_body
from chassis.errors import ServiceUnavailableError

TIMEOUT_SECONDS = 0.8
"""A search takes 1 to 20 ms; after this the database answers in its place."""

CONNECTIONS = 32

SEARCH_SECONDS = Histogram(
    "search_engine_seconds",
    "Seconds until the search engine answered, by outcome",
    ("outcome",),
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6),
)

# OpenSearch would compress on a local link what is unpacked again at once.
_HEADERS = {"content-type": "application/json", "accept-encoding": "identity"}
_OK = 200

_log = structlog.get_logger()


class _Source(msgspec.Struct):
    summary: msgspec.Raw


class _Hit(msgspec.Struct):
    source: _Source = msgspec.field(name="_source")
    sort: tuple[float | int, str]


class _Total(msgspec.Struct):
    value: int


class _Hits(msgspec.Struct):
    total: _Total
    hits: list[_Hit]


class _Bucket(msgspec.Struct):
    key: str
    doc_count: int


class _Buckets(msgspec.Struct):
    buckets: list[_Bucket]


class _Filtered(msgspec.Struct):
    values: _Buckets


class _Facets(msgspec.Struct):
    categories: _Buckets
    tags: _Filtered


class _Answer(msgspec.Struct):
    timed_out: bool
    hits: _Hits
    aggregations: _Facets


_DECODER = msgspec.json.Decoder(_Answer)
_ENCODER = msgspec.json.Encoder()


class PluginSearch:
    """The index as the catalog reads it.

    Parameters
    ----------
    url
        Of OpenSearch.
    alias
        Name under which the current index is read.
    timeout_seconds
        For a whole search.
    """

    def __init__(self, *, url: str, alias: str, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._url = URL(f"{url.rstrip('/')}/{alias}/_search")
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds)
        self._session: aiohttp.ClientSession | None = None
        self._breaker = Breaker()

    async def find_page(self, request: BrowseRequest, after: Position | None) -> FoundPage:
        """Search.

        Raises
        ------
        ServiceUnavailableError
            The engine is away, slow, without index, or did not understand; another engine is to answer.
        """
        if not self._breaker.permits():
            raise ServiceUnavailableError("the search engine")
        answer = await self._ask(request, after)
        hits = answer.hits.hits
        end = hits[request.limit - 1] if len(hits) > request.limit else None
        return FoundPage(
            items=[bytes(hit.source.summary) for hit in hits[: request.limit]],
            end=Position(Engine.SEARCH, *end.sort) if end is not None else None,
            total=min(answer.hits.total.value, TOTAL_LIMIT),
            categories=_facet(answer.aggregations.categories),
            tags=_facet(answer.aggregations.tags.values),
        )

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _ask(self, request: BrowseRequest, after: Position | None) -> _Answer:
        session = self._open_session()
        body = _ENCODER.encode(search_body(request, after))
        # The same listing is always read from the same copy of the index: scores of two copies differ a little.
        preference = hashlib.sha256(request.listing.encode()).hexdigest()[:16]
        url = self._url.with_query(preference=preference, allow_partial_search_results="false")
        try:
            async with session.post(url, data=body) as response:
                content = await response.read()
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._failed("unreachable", error=repr(error)) from error
        if status != _OK:
            raise self._failed("refused", status=status, answer=content[:500].decode(errors="replace"))
        try:
            answer = _DECODER.decode(content)
        except msgspec.DecodeError as error:
            raise self._failed("unreadable", error=str(error)) from error
        if answer.timed_out:
            raise self._failed("timed_out")
        self._breaker.note_success()
        return answer

    def _failed(self, event: str, **details: Any) -> ServiceUnavailableError:  # noqa: ANN401 - as the logger takes them
        self._breaker.note_failure()
        _log.warning("search_" + event, **details)
        return ServiceUnavailableError("the search engine")

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:  # it belongs to the running loop, so it is made by the first search
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS, keepalive_timeout=30),
                timeout=self._timeout,
                headers=_HEADERS,
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session


def _facet(found: _Buckets) -> Sequence[FacetValue]:
    return [FacetValue(bucket.key, bucket.doc_count) for bucket in found.buckets]
