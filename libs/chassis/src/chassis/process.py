"""Running a role: an HTTP server, or tasks that are restarted with back-off beside a small health server."""

import asyncio
import random
import signal
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

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


class _Pulse(Heartbeat):
    """Beats for all: a task that fails and is tried again hangs no more than the others, however long the outage."""

    def __init__(self, heartbeats: Sequence[Heartbeat]) -> None:
        super().__init__()
        self._heartbeats = heartbeats

    def beat(self) -> None:
        """Note a turn of every task."""
        for heartbeat in self._heartbeats:
            heartbeat.beat()


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


def serve(app: ASGIApp, *, host: str, port: int) -> None:
    """Serve an application until a signal ends it gracefully."""
    uvicorn.Server(_config(app, host=host, port=port)).run()


async def keep_running(name: str, run: Callable[[], Awaitable[None]], *, heartbeat: Heartbeat) -> None:
    """Call `run` again whenever it fails, waiting longer each time, until cancelled.

    A fault of a server that is away must not end the process, nor make it spin.
    """
    delay = FIRST_RETRY_SECONDS
    while True:
        started = time.monotonic()
        try:
            await run()
        except Exception as error:  # noqa: BLE001 - whatever failed, the task goes on
            _log.warning("task_failed", task=name, error=repr(error)[:500], retry_in_seconds=round(delay, 1))
        heartbeat.beat()
        if time.monotonic() - started > LONGEST_RETRY_SECONDS:
            delay = FIRST_RETRY_SECONDS
        await asyncio.sleep(delay * random.uniform(0.8, 1.2))
        delay = min(delay * 2, LONGEST_RETRY_SECONDS)


def run_tasks(
    tasks: Mapping[str, Callable[[], Awaitable[None]]],
    *,
    host: str,
    port: int,
    readiness: Mapping[str, Check],
    heartbeats: Sequence[Heartbeat],
    close: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Run tasks for ever, with a health server beside them, until a signal ends them.

    Parameters
    ----------
    tasks
        Name → what to run; each is restarted on failure (`keep_running`).
    host, port
        Of the health server.
    readiness
        As `chassis.health.health_routes`.
    heartbeats
        All must beat for ``/livez`` to pass.
    close
        Called after the tasks have ended.
    """
    asyncio.run(_run_tasks(tasks, host=host, port=port, readiness=readiness, heartbeats=heartbeats, close=close))


async def _run_tasks(
    tasks: Mapping[str, Callable[[], Awaitable[None]]],
    *,
    host: str,
    port: int,
    readiness: Mapping[str, Check],
    heartbeats: Sequence[Heartbeat],
    close: Callable[[], Awaitable[None]] | None,
) -> None:
    def is_alive() -> bool:
        return all(heartbeat.is_alive() for heartbeat in heartbeats)

    app = Starlette(routes=health_routes(readiness=readiness, is_alive=is_alive))
    pulse = _Pulse(heartbeats)
    running = [asyncio.create_task(keep_running(name, run, heartbeat=pulse), name=name) for name, run in tasks.items()]
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
