"""Read the change feed from any place, waiting for what is to come."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from prometheus_client import Gauge

from catalog.domain.change_pages import Mark, Page, Since, Wanted
from catalog.domain.errors import ChangesGoneError, TooManyReadersError
from catalog.storage.change_reads import find_event_mark, load_page, load_reach
from catalog.usecases.change_watch import ChangeWatch
from chassis.clock import Clock
from chassis.db import Database

RETRY_SECONDS = 5

READERS = Gauge("change_feed_readers", "Readers of the change feed under way, streams and long polls")


class ReadChanges:
    """Gives pages of the feed.

    Parameters
    ----------
    database, clock
        Of this service.
    max_readers
        Streams and waiting requests of this process at the same time.
    """

    def __init__(self, *, database: Database, clock: Clock, max_readers: int) -> None:
        self._database = database
        self._clock = clock
        self._max_readers = max_readers
        self._readers = 0
        self._loads: dict[tuple[Wanted, int, int], asyncio.Task[Page]] = {}
        self.watch = ChangeWatch(database=database)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Take a reader's place for as long as the block lasts.

        Raises
        ------
        TooManyReadersError
            All are taken.
        """
        if self._readers >= self._max_readers:
            raise TooManyReadersError(
                f"{self._max_readers} readers wait here already", retry_after_seconds=RETRY_SECONDS
            )
        self._readers += 1
        READERS.inc()
        try:
            yield
        finally:
            self._readers -= 1
            READERS.dec()

    async def begin(self, since: Since) -> Mark:
        """Find the place from which somebody wants to read.

        Raises
        ------
        ChangesGoneError
            Something that came after it is no longer there.
        """
        now = self._now()
        if since is None:
            return Mark(position=0, caught_up_at=now)
        if since == "now":
            return Mark(position=await self.watch.head(), caught_up_at=now)
        async with self._database.read() as connection:
            mark = await find_event_mark(connection, since) if isinstance(since, UUID) else since
            reach = await load_reach(connection)
        if mark is None:
            raise ChangesGoneError(f"the feed does not hold an event {since}")
        if not reach.holds_all_after(mark, now=now):
            raise ChangesGoneError("changes that came after this place are no longer kept")
        return mark

    async def read(self, mark: Mark, wanted: Wanted, *, wait_seconds: float) -> tuple[Page, Mark]:
        """Give the next changes, waiting for the first if need be; none when the time is over or the process ends.

        Returns
        -------
        tuple
            The page, and where the reader stands after it.

        Raises
        ------
        ServiceUnavailableError
            The database is away; a retry is safe.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait_seconds
        head = await self.watch.head()
        while True:
            now = self._now()
            page = await self._load(wanted, after=mark.position, until=head)
            mark = _after(mark, page, head=head, now=now)
            remaining = deadline - loop.time()
            if page.changes or remaining <= 0 or self.watch.has_stopped:
                return page, mark
            head = await self.watch.wait_beyond(mark.position, seconds=remaining)

    async def _load(self, wanted: Wanted, *, after: int, until: int) -> Page:
        """Load a page; those who stand at the same place share one query."""
        if until <= after:
            return Page(changes=(), is_last=True)
        key = (wanted, after, until)
        load = self._loads.get(key)
        if load is None:
            load = self._loads[key] = asyncio.create_task(self._query(wanted, after=after, until=until))
            load.add_done_callback(lambda _: self._loads.pop(key))
        return await asyncio.shield(load)  # whoever leaves does not take the page from the others

    async def _query(self, wanted: Wanted, *, after: int, until: int) -> Page:
        async with self._database.read() as connection:
            return await load_page(connection, wanted, after=after, until=until)

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


def _after(mark: Mark, page: Page, *, head: int, now: int) -> Mark:
    if page.is_last:
        return Mark(position=max(mark.position, head), caught_up_at=now)
    return Mark(position=page.changes[-1].position, caught_up_at=mark.caught_up_at)
