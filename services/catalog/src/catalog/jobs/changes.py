"""Every ten minutes: drop old changes."""

import asyncio
from collections.abc import Awaitable, Callable

from catalog.usecases.prune_changes import BATCH_ROWS, PruneChanges

INTERVAL_SECONDS = 600


def changes_job(prune_changes: PruneChanges) -> Callable[[], Awaitable[None]]:
    """Make the task; it runs until cancelled and raises when the database is lost."""

    async def run() -> None:
        while True:
            if await prune_changes.prune() < BATCH_ROWS:
                await asyncio.sleep(INTERVAL_SECONDS)

    return run
