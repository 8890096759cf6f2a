"""Once an hour: delete old inbox rows."""

import asyncio
from collections.abc import Awaitable, Callable

from catalog.usecases.forget_old_events import ForgetOldEvents

INTERVAL_SECONDS = 3_600


def inbox_job(forget_old_events: ForgetOldEvents) -> Callable[[], Awaitable[None]]:
    """Make the task; it runs until cancelled and raises when the database is lost."""

    async def run() -> None:
        while True:
            await forget_old_events.forget()
            await asyncio.sleep(INTERVAL_SECONDS)

    return run
