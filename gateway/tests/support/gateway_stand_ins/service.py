"""A service behind the gateway: a real HTTP server whose answers a test decides."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

Handler = Callable[[Request], Awaitable[Response]]
NOT_FOUND = JSONResponse({"code": "route_not_found"}, 404, media_type="application/problem+json")


@dataclass
class Seen:
    """A request that arrived."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        values = [value for key, value in self.headers if key == name]
        return ", ".join(values) if values else None


@dataclass
class StandInService:
    """Answers by path; everything that came is in `seen`."""

    handlers: dict[str, Handler] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    seen: list[Seen] = field(default_factory=list)
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)
    url: str = ""

    def on(self, path: str, handler: Handler, *, reads_body: bool = False) -> None:
        """Answer a path; a handler that reads the body itself says so."""
        self.handlers[path] = handler
        if reads_body:
            self.unread.add(path)

    def reply(
        self, path: str, body: bytes | str = b"", *, status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        async def handler(_request: Request) -> Response:
            return Response(body, status, headers)

        self.handlers[path] = handler

    def calls(self, path: str) -> int:
        return sum(1 for request in self.seen if request.target.partition("?")[0] == path)

    @property
    def last(self) -> Seen:
        return self.seen[-1]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        request = Request(scope, receive)
        raw_path: str = scope["raw_path"].decode()
        query = scope["query_string"].decode()
        seen = Seen(
            request.method,
            f"{raw_path}?{query}" if query else raw_path,
            [(name.decode(), value.decode()) for name, value in scope["headers"]],
            b"",
        )
        self.seen.append(seen)
        async with self.arrived:
            self.arrived.notify_all()
        if raw_path not in self.unread:
            seen.body = await request.body()
        handler = self.handlers.get(raw_path)
        response = await handler(request) if handler is not None else NOT_FOUND
        await response(scope, receive, send)

    def forget(self) -> None:
        self.handlers.clear()
        self.unread.clear()
        self.seen.clear()

    async def wait_for_calls(self, path: str, number: int) -> None:
        async with asyncio.timeout(10), self.arrived:
            await self.arrived.wait_for(lambda: self.calls(path) >= number)
