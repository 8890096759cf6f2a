"""Twice a second: emit the documents of plugins whose figures changed."""

import asyncio
from collections.abc import Awaitable, Callable

from catalog.usecases.emit_changed_counts import BATCH_PLUGINS, EmitChangedCounts
from chassis.process import Heartbeat

INTERVAL_SECONDS = 0.5


def counts_job(emit_changed_counts: EmitChangedCounts, *, heartbeat: Heartbeat) -> Callable[[], Awaitable[None]]:
    """Make the task; it runs until cancelled and raises when the database is lost."""

    async def run() -> None:
        while True:
            heartbeat.beat()
            if await emit_changed_counts.emit() < BATCH_PLUGINS:
                await asyncio.sleep(INTERVAL_SECONDS)

    return run
