"""Running a role: an HTTP server, or tasks that are restarted with back-off beside a small health server."""

import asyncio
import random
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp

from chassis.health import Check, health_routes

STALL_SECONDS = 60.0
"""A loop that has not turned for this long is taken for hanging: four times the longest wait in a turn."""

GRACE_SECONDS = 10
FIRST_RETRY_SECONDS = 0.5
LONGEST_RETRY_SECONDS = 10.0

_log = structlog.get_logger()


class Heartbeat:
    """Notes that a loop still turns."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def beat(self) -> None:
        """Note a turn."""
        self._last = time.monotonic()

    def is_alive(self) -> bool:
        """Say whether the last turn is recent."""
        return time.monotonic() - self._last < STALL_SECONDS


class _ReturningServer(uvicorn.Server):
    """Returns on SIGTERM and SIGINT.

    uvicorn's own raises the signal again when it has stopped, which would end the process before the tasks beside it
    have left their consumer groups and closed their connections.
    """

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take both signals as the wish to end, for as long as the server runs."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker does without end.

    Parameters
    ----------
    run
        Called again whenever it fails.
    heartbeat
        Beaten by `run` on every turn, and between two calls of it. Each task has its own, so that one that fails again
        and again cannot hide another that hangs. None where a task sleeps for longer than a heartbeat may pause.
    """

    run: Callable[[], Awaitable[None]]
    heartbeat: Heartbeat | None = None


def _config(app: ASGIApp, *, host: str, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http="httptools",
        loop="uvloop",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


class TellingServer(uvicorn.Server):
    """Tells the application that it stops; uvicorn itself first waits for every answer, and a stream has no end.

    Parameters
    ----------
    config
        uvicorn's.
    on_stop
        Called on the event loop when the server begins to stop; ends what would go on for ever.
    """

    def __init__(self, config: uvicorn.Config, *, on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_stop = on_stop

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell, then wait as uvicorn does."""
        self._on_stop()
        await super().shutdown(sockets)


def serve(app: ASGIApp, *, host: str, port: int, on_stop: Callable[[], None] = lambda: None) -> None:
    """Serve an application until a signal ends it gracefully; `on_stop` as `TellingServer`."""
    TellingServer(_config(app, host=host, port=port), on_stop=on_stop).run()


async def keep_running(name: str, task: Task) -> None:
    """Run a task again whenever it fails, waiting longer each time, until cancelled.

    A fault of a server that is away must not end the process, nor make it spin; nor does a task hang that fails and is
    tried again, however long the outage.
    """
    delay = FIRST_RETRY_SECONDS
    while True:
        started = time.monotonic()
        try:
            await task.run()
        except Exception as error:  # noqa: BLE001 - whatever failed, the task goes on
            _log.warning("task_failed", task=name, error=repr(error)[:500], retry_in_seconds=round(delay, 1))
        if task.heartbeat is not None:
            task.heartbeat.beat()
        if time.monotonic() - started > LONGEST_RETRY_SECONDS:
            delay = FIRST_RETRY_SECONDS
        await asyncio.sleep(delay * random.uniform(0.8, 1.2))
        delay = min(delay * 2, LONGEST_RETRY_SECONDS)


def run_tasks(
    tasks: Mapping[str, Task],
    *,
    host: str,
    port: int,
    readiness: Mapping[str, Check],
    close: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Run tasks for ever, with a health server beside them, until a signal ends them.

    Parameters
    ----------
    tasks
        By name; each is restarted on failure (`keep_running`), and all must beat for ``/livez`` to pass.
    host, port
        Of the health server.
    readiness
        As `chassis.health.health_routes`.
    close
        Called after the tasks have ended.
    """
    asyncio.run(_run_tasks(tasks, host=host, port=port, readiness=readiness, close=close))


async def _run_tasks(
    tasks: Mapping[str, Task],
    *,
    host: str,
    port: int,
    readiness: Mapping[str, Check],
    close: Callable[[], Awaitable[None]] | None,
) -> None:
    heartbeats = [task.heartbeat for task in tasks.values() if task.heartbeat is not None]

    def is_alive() -> bool:
        return all(heartbeat.is_alive() for heartbeat in heartbeats)

    app = Starlette(routes=health_routes(readiness=readiness, is_alive=is_alive))
    running = [asyncio.create_task(keep_running(name, task), name=name) for name, task in tasks.items()]
    try:
        await _ReturningServer(_config(app, host=host, port=port)).serve()  # returns on SIGTERM or SIGINT
    finally:
        for task in running:
            task.cancel()
        for task in running:
            with suppress(asyncio.CancelledError):
                await task
        if close is not None:
            await close()
