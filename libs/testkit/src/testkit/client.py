"""HTTP clients that call an ASGI application in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

import httpx

AsgiApp = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[MutableMapping[str, Any]]],
        Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ],
    Awaitable[None],
]

_LIFESPAN_SECONDS = 60.0


@asynccontextmanager
async def asgi_client(
    app: AsgiApp, *, base_url: str = "http://service.test", headers: dict[str, str] | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """Run an application's lifespan around a client that calls it without a network.

    An exception of the application becomes a 500 answer, as behind a real server.

    Raises
    ------
    RuntimeError
        Where the application fails to start.
    """
    async with running_lifespan(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=base_url, headers=headers) as client:
            yield client


@asynccontextmanager
async def running_lifespan(app: AsgiApp) -> AsyncIterator[None]:
    """Send an application its lifespan events, as a server does."""
    received: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    sent: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
    task = asyncio.ensure_future(
        app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, received.get, sent.put)
    )
    try:
        await received.put({"type": "lifespan.startup"})
        await _expect("lifespan.startup.complete", sent, task)
        yield
        await received.put({"type": "lifespan.shutdown"})
        await _expect("lifespan.shutdown.complete", sent, task)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _expect(wanted: str, sent: asyncio.Queue[MutableMapping[str, Any]], task: asyncio.Future[None]) -> None:
    message = asyncio.ensure_future(sent.get())
    try:
        waited: set[asyncio.Future[Any]] = {message, task}
        await asyncio.wait(waited, timeout=_LIFESPAN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if message.done():
            answer = message.result()
            if answer["type"] == wanted:
                return
            raise RuntimeError(f"{answer['type']}: {answer.get('message', '')}")
        if task.done() and task.exception() is not None:
            raise RuntimeError(f"the application failed before {wanted}") from task.exception()
        raise RuntimeError(f"no {wanted} within {_LIFESPAN_SECONDS} s")
    finally:
        message.cancel()
