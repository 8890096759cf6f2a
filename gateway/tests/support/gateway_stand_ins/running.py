"""Real servers on free ports, inside the test's event loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from typing import Any

import uvicorn


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def running(server: uvicorn.Server, port: int = 0) -> AsyncIterator[str]:
    """Run a server until the block ends; gives its base address."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    server.capture_signals = nullcontext  # type: ignore[method-assign,assignment]  # signals are the test runner's
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:
            if task.done():
                task.result()
                raise RuntimeError("the server ended before it started")
            await asyncio.sleep(0.005)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
        listener.close()


def service_server(app: Any) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(app, http="httptools", ws="none", lifespan="off", log_config=None, timeout_graceful_shutdown=1)
    )
