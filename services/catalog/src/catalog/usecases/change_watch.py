"""One look at the feed's head for everybody in this process who waits for it to grow."""

import asyncio

from prometheus_client import Counter

from catalog.storage.change_reads import find_head
from chassis.db import Database
from chassis.errors import ServiceUnavailableError

BUSY_SECONDS = 0.05
IDLE_SECONDS = 0.25
OUTAGE_SECONDS = 1.0
"""Pauses after the feed grew, at rest (reached by doubling), and while the database is away."""

CHANGE_POLLS = Counter("change_feed_polls_total", "Looks at the head of the change feed for those who wait")


class ChangeWatch:
    """Looks at the head while somebody waits, and not otherwise.

    Parameters
    ----------
    database
        Of this service.
    """

    def __init__(self, *, database: Database) -> None:
        self._database = database
        self._head = 0
        self._waiting = 0
        self._moved = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None
        self.has_stopped = False

    @property
    def waiting(self) -> int:
        """How many wait."""
        return self._waiting

    async def head(self) -> int:
        """Give the head; a moment old while others wait.

        Raises
        ------
        ServiceUnavailableError
            The database is away; a retry is safe.
        """
        if self._looking is None or self._looking.done():
            async with self._database.read() as connection:
                self._head = max(self._head, await find_head(connection))
        return self._head

    async def wait_beyond(self, position: int, *, seconds: float) -> int:
        """Wait until the head is beyond a position; returns the head, which is not when the time is over."""
        self._waiting += 1
        try:
            if self._looking is None or self._looking.done():
                self._looking = asyncio.create_task(self._look())
            async with asyncio.timeout(max(seconds, 0)):
                while self._head <= position and not self.has_stopped:
                    await self._moved.wait()
        except TimeoutError:
            pass
        finally:
            self._waiting -= 1
        return self._head

    def stop(self) -> None:
        """Let nobody wait any longer."""
        self.has_stopped = True
        self._wake()

    async def aclose(self) -> None:
        """Stop, and end what runs."""
        self.stop()
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    async def _look(self) -> None:
        pause = BUSY_SECONDS
        while self._waiting and not self.has_stopped:
            CHANGE_POLLS.inc()
            try:
                async with self._database.read() as connection:
                    head = await find_head(connection)
            except ServiceUnavailableError:
                pause = OUTAGE_SECONDS  # who waits goes on waiting: nothing is lost
            else:
                pause = BUSY_SECONDS if head > self._head else min(pause * 2, IDLE_SECONDS)
                if head > self._head:
                    self._head = head
                    self._wake()
            await asyncio.sleep(pause)

    def _wake(self) -> None:
        # A fresh event for those to come; who waits for the old one is woken by it.
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()
