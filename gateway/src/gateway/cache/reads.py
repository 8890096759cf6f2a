"""Public reads: from the cache where it may, from the service once for all who ask."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from prometheus_client import Counter

from chassis.errors import ServiceUnavailableError
from gateway.cache.entry import Entry, Freshness
from gateway.cache.key import cache_key
from gateway.cache.store import MAX_BODY_BYTES, CacheStore
from gateway.conditional import etag_matches
from gateway.headers import RequestHeaders
from gateway.internal_redirect import FileConditions, InternalRedirects
from gateway.request import ClientRequest, Headers
from gateway.responder import Responder
from gateway.routes import Route
from gateway.single_flight import SingleFlight
from gateway.upstream_answer import UpstreamAnswer
from gateway.upstreams import Upstreams

UNGUARDED_SECONDS = 10.0
"""While purges may be missed, nothing is taken for fresh longer: what was suspended must not stay visible."""

CACHE_ANSWERS = Counter("cache_answers_total", "Public reads by how they were answered", ("result",))

_SERVER_FAULTS = frozenset({500, 502, 503, 504})
_KEPT_ON_304 = frozenset(
    {b"cache-control", b"cache-groups", b"content-location", b"etag", b"expires", b"last-modified", b"vary"}
)
"""RFC 9110, section 15.4.5."""


@dataclass(slots=True)
class _Fetched:
    """What a flight brought: an entry, or an answer too long to keep, for whoever takes it first."""

    entry: Entry | None
    answer: UpstreamAnswer | None = None

    def claim(self) -> UpstreamAnswer | None:
        answer, self.answer = self.answer, None
        return answer


class PublicReads:
    """Answers GET and HEAD of public routes.

    Parameters
    ----------
    store
        The stored answers.
    upstreams, redirects, headers
        How the service, and the object store for it, are asked.
    purges_arrive
        Whether the feed of purges is connected.
    now
        Monotonic seconds.
    """

    def __init__(
        self,
        *,
        store: CacheStore,
        upstreams: Upstreams,
        redirects: InternalRedirects,
        headers: RequestHeaders,
        purges_arrive: Callable[[], bool],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._upstreams = upstreams
        self._redirects = redirects
        self._headers = headers
        self._purges_arrive = purges_arrive
        self._now = now
        self._flights: SingleFlight[tuple[str, int], _Fetched] = SingleFlight()
        self._refreshes: set[asyncio.Task[None]] = set()

    async def respond(self, request: ClientRequest, route: Route, responder: Responder) -> None:
        """Answer one request.

        Raises
        ------
        PlatformError
            Instead of an answer; nothing has been sent yet.
        """
        if route.is_file and request.find(b"range") is not None:
            await self._answer_directly(request, route, responder)
            return
        key = cache_key(request)
        entry = self._store.find(key)
        freshness = self._freshness(entry)
        if entry is not None and freshness is Freshness.FRESH:
            await self._send(request, responder, entry, "hit")
        elif entry is not None and freshness is Freshness.REVALIDATING:
            self._refresh(key, request, route, entry)
            await self._send(request, responder, entry, "stale")
        elif route.is_file and (request.method == "HEAD" or request.find(b"if-none-match") is not None):
            await self._answer_directly(request, route, responder)
        else:
            await self._answer_from_flight(key, request, route, entry, responder)

    def _freshness(self, entry: Entry | None) -> Freshness:
        if entry is None:
            return Freshness.EXPIRED
        longest_seconds = float("inf") if self._purges_arrive() else UNGUARDED_SECONDS
        return entry.freshness(self._now(), longest_seconds=longest_seconds)

    async def _answer_from_flight(
        self, key: str, request: ClientRequest, route: Route, entry: Entry | None, responder: Responder
    ) -> None:
        fetched = await self._fetch_or_keep(key, request, route, entry)
        if fetched is None and entry is not None:
            await self._send(request, responder, entry, "stale")
        elif fetched is not None and fetched.entry is not None:
            await self._send(request, responder, fetched.entry, "miss")
        else:
            answer = fetched.claim() if fetched is not None else None
            CACHE_ANSWERS.labels("miss").inc()
            await self._pass_on(answer or await self._open(request, route, FileConditions()), responder, b"miss")

    async def _fetch_or_keep(
        self, key: str, request: ClientRequest, route: Route, entry: Entry | None
    ) -> _Fetched | None:
        """Fetch; None where the service fails and the entry may stand in for it."""
        may_stand_in = entry is not None and self._freshness(entry) is not Freshness.EXPIRED
        try:
            fetched = await self._fetch_once(key, request, route, entry)
        except ServiceUnavailableError:
            if may_stand_in:
                return None
            raise
        if may_stand_in and fetched.entry is not None and fetched.entry.status in _SERVER_FAULTS:
            return None
        return fetched

    async def _fetch_once(self, key: str, request: ClientRequest, route: Route, entry: Entry | None) -> _Fetched:
        # Whoever asks after a purge does not join a fetch from before it: the number is part of the flight's key.
        begun_at = self._store.purges
        return await self._flights.run(
            (key, begun_at), lambda: self._fetch(key, request, route, entry, begun_at=begun_at)
        )

    async def _fetch(
        self, key: str, request: ClientRequest, route: Route, entry: Entry | None, *, begun_at: int
    ) -> _Fetched:
        etag = entry.etag if entry is not None else None
        answer = await self._open(request, route, FileConditions(if_none_match=etag))
        try:
            if not await answer.read_up_to(MAX_BODY_BYTES):
                return _Fetched(None, answer)
        except BaseException:
            answer.close()
            raise
        if answer.status == HTTPStatus.NOT_MODIFIED and entry is not None:
            fresh = entry.refreshed(answer, stored_at=self._now())
        else:
            fresh = Entry.of(answer, stored_at=self._now())
        if fresh.is_storable(asked_with_authorization=request.find(b"authorization") is not None):
            self._store.put(key, fresh, begun_at=begun_at)
        return _Fetched(fresh)

    async def _open(self, request: ClientRequest, route: Route, conditions: FileConditions) -> UpstreamAnswer:
        headers = self._headers.for_everybody(request)
        if conditions.if_none_match is not None:
            headers.append(("if-none-match", conditions.if_none_match.decode("latin-1")))
        # Files are described by their service; any other HEAD is a GET, so that services need not know the method.
        method = "HEAD" if conditions.is_head and route.is_file else "GET"
        answer = await self._upstreams[route.upstream].open(
            method, request.target, headers=headers, timeout_seconds=route.timeout_seconds
        )
        try:
            return await self._redirects.follow(answer, conditions)
        except BaseException:
            answer.close()
            raise

    def _refresh(self, key: str, request: ClientRequest, route: Route, entry: Entry) -> None:
        task = asyncio.create_task(self._refresh_quietly(key, request, route, entry))
        self._refreshes.add(task)
        task.add_done_callback(self._refreshes.discard)

    async def _refresh_quietly(self, key: str, request: ClientRequest, route: Route, entry: Entry) -> None:
        try:
            fetched = await self._fetch_once(key, request, route, entry)
        except ServiceUnavailableError:
            return  # the next reader tries again; the breaker has counted it
        answer = fetched.claim()
        if answer is not None:
            answer.close()

    async def _answer_directly(self, request: ClientRequest, route: Route, responder: Responder) -> None:
        CACHE_ANSWERS.labels("bypass").inc()
        await self._pass_on(await self._open(request, route, FileConditions.of(request)), responder, b"bypass")

    @staticmethod
    async def _pass_on(answer: UpstreamAnswer, responder: Responder, result: bytes) -> None:
        answer.headers.append((b"x-cache", result))
        await responder.pass_on(answer)

    async def _send(self, request: ClientRequest, responder: Responder, entry: Entry, result: str) -> None:
        CACHE_ANSWERS.labels(result).inc()
        own: Headers = [(b"x-cache", result.encode())]
        if result != "miss" or entry.initial_age_seconds:
            own.append((b"age", str(int(entry.age_seconds(self._now()))).encode()))
        wanted = request.find(b"if-none-match")
        if wanted is not None and entry.status == HTTPStatus.OK and etag_matches(wanted, entry.etag):
            kept = [(name, value) for name, value in entry.headers if name in _KEPT_ON_304]
            await responder.start(HTTPStatus.NOT_MODIFIED, [*kept, *own])
            await responder.piece(b"", more=False)
            return
        await responder.whole(entry.status, [*entry.headers, *own], entry.body)
