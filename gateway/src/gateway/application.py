"""The ASGI application: one request from its first byte to its answer, and every refusal as a problem document."""

import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.errors import PlatformError
from chassis.problems import InternalError, MethodNotAllowedError, RouteNotFoundError, problem_response
from chassis.telemetry import REQUEST_SECONDS, begin_trace
from gateway.body import ClientGoneError, linger
from gateway.cache.reads import PublicReads
from gateway.cors import cors_headers, is_preflight, preflight_headers
from gateway.credentials import find_credentials, refuse_token_in_query
from gateway.errors import RangeNotSatisfiableError
from gateway.headers import without
from gateway.live import LiveReads
from gateway.origin_check import OriginPolicy
from gateway.proxy import Proxy
from gateway.request import METHODS, ClientRequest, read_request
from gateway.responder import Responder
from gateway.routes import Route, RouteTable

_CLIENT_GONE = 499
"""Status in the metrics, as nginx has it, where nobody was left to answer."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What answers requests.

    Parameters
    ----------
    table
        What is reachable.
    proxy, reads, live
        Answer by a service, from the cache, or by a service for as long as there is news.
    origins
        Which pages may ask for changes.
    cookie
        Name of the session cookie.
    pages
        The gateway's own pages; path → application.
    """

    table: RouteTable
    proxy: Proxy
    reads: PublicReads
    live: LiveReads
    origins: OriginPolicy
    cookie: str
    pages: dict[str, ASGIApp]


class Gateway:
    """The gateway as an ASGI application.

    Parameters
    ----------
    open_parts
        Opens pools when the server starts and closes them when it stops.
    """

    def __init__(self, open_parts: Callable[[], AbstractAsyncContextManager[Parts]]) -> None:
        self._open_parts = open_parts
        self._parts: Parts | None = None

    def stop(self) -> None:
        """End what would go on for ever; the server calls it when it begins to stop."""
        if self._parts is not None:
            self._parts.live.stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's request, or the server's lifespan."""
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        async with AsyncExitStack() as stack:
            await receive()
            try:
                self._parts = await stack.enter_async_context(self._open_parts())
            except Exception as error:  # the server reports it and ends
                await send({"type": "lifespan.startup.failed", "message": repr(error)})
                raise
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        parts = self._parts
        if parts is None:
            raise RuntimeError("the lifespan has not begun")
        started_at = time.perf_counter()
        begin_trace(_traceparent(scope))
        exchange = _Exchange(parts, scope, receive, send)
        try:
            await exchange.run()
        finally:
            REQUEST_SECONDS.labels(
                scope["method"] if scope["method"] in METHODS else "other", exchange.label, exchange.status
            ).observe(time.perf_counter() - started_at)


class _Exchange:
    """One request and its answer."""

    def __init__(self, parts: Parts, scope: Scope, receive: Receive, send: Send) -> None:
        self._parts = parts
        self._scope = scope
        self._receive = receive
        self._responder = Responder(send=send, receive=receive, method=scope["method"])
        self._request: ClientRequest | None = None
        self.label = "unmatched"

    @property
    def status(self) -> int:
        return self._responder.status or _CLIENT_GONE

    async def run(self) -> None:
        try:
            await self._answer()
        except ClientGoneError:
            return
        except PlatformError as error:
            await self._refuse(error)
        except Exception as error:  # noqa: BLE001 - every fault becomes a problem document and a log line
            _log.error("unexpected_error", route=self.label, exc_info=error)
            await self._refuse(InternalError("an unexpected fault; it has been logged"))

    async def _answer(self) -> None:
        if self._scope["method"] not in METHODS:
            raise MethodNotAllowedError("this method is not known here")
        request = self._request = read_request(self._scope, self._receive)
        page = self._parts.pages.get(request.path)
        if page is not None:
            self.label = request.path
            await page(self._scope, self._receive, self._send_page)
            return
        route = self._parts.table.find(request.path)
        if route is None:
            raise RouteNotFoundError("no such address")
        self.label = route.pattern
        await self._answer_route(request, route)

    async def _answer_route(self, request: ClientRequest, route: Route) -> None:
        parts = self._parts
        self._responder.extra_headers = cors_headers(request, parts.origins)
        if is_preflight(request, parts.origins):
            await self._responder.whole(HTTPStatus.NO_CONTENT, preflight_headers(), b"")
            return
        refuse_token_in_query(request)
        if route.is_public and request.method in {"GET", "HEAD"}:
            reads = parts.live if route.is_live else parts.reads
            await reads.respond(request, route, self._responder)
            return
        credentials = None if route.is_public else find_credentials(request, cookie=parts.cookie)
        parts.origins.check(request, credentials)
        await parts.proxy.respond(request, route, credentials, self._responder)

    async def _send_page(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._responder.start(message["status"], message["headers"])
        else:
            await self._responder.piece(message.get("body", b""), more=message.get("more_body", False))

    async def _refuse(self, error: PlatformError) -> None:
        responder, request = self._responder, self._request
        if responder.has_started:
            return  # too late for a problem: the incomplete answer closes the connection
        headers: dict[str, str] = {}
        if isinstance(error, MethodNotAllowedError):
            headers["allow"] = ", ".join(sorted(METHODS))
        if isinstance(error, RangeNotSatisfiableError):
            headers["content-range"] = error.content_range
        path = self._scope["raw_path"].decode("latin-1")[:1_000]
        problem = problem_response(error, instance=path, headers=headers)
        fields: list[tuple[bytes, bytes]] = list(problem.raw_headers)
        if request is None or request.receive.has_ended:
            await responder.whole(problem.status_code, without(fields, b"content-length"), bytes(problem.body))
            return
        await responder.start(problem.status_code, [*fields, (b"connection", b"close")])
        await responder.piece(bytes(problem.body), more=True)
        await linger(request.receive)
        await responder.piece(b"", more=False)


def _traceparent(scope: dict[str, Any] | Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"traceparent":
            return bytes(value).decode("latin-1")
    return None
