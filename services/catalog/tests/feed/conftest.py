"""A change feed, and plugins whose events reach it as the consumer hands them on."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest

from catalog.domain.change_pages import Mark, PublicChange, Wanted
from catalog.domain.changes import Change, ChangeType, Standing
from catalog.usecases.read_changes import ReadChanges
from catalog.usecases.record_changes import RecordChanges
from chassis.clock import SystemClock
from chassis.db import Database


@dataclass
class Told:
    """Makes the facts of one plugin, each topic with its own sequence."""

    key: str = field(default_factory=lambda: f"p-{uuid4().hex[:12]}")
    numbers: dict[str, Any] = field(default_factory=lambda: {name: count(1) for name in ("documents", "plugins", "r")})

    def document(self, *, counts: bool = False, text: str = "", sequence: int | None = None) -> Change:
        data = f'{{"plugin_id": "{self.key}", "name": "{text}"}}'.encode()
        return self._change(ChangeType.DOCUMENT, "documents", data, has_new_figures_only=counts, sequence=sequence)

    def removal(self) -> Change:
        return self._change(ChangeType.REMOVAL, "documents", None)

    def version(self, *, at: datetime | None = None) -> Change:
        return self._change(ChangeType.VERSION, "plugins", b'{"version": {}}', at=at)

    def standing(self, *, suspended: bool) -> Standing:
        return Standing(key=self.key, sequence=next(self.numbers["plugins"]), is_suspended=suspended)

    def review(self, user_id: UUID, text: str) -> Change:
        data = f'{{"user_id": "{user_id}", "text": "{text}"}}'.encode()
        return self._change(ChangeType.REVIEW_POSTED, "r", data, reviewer_id=user_id)

    def review_removal(self, user_id: UUID) -> Change:
        return self._change(ChangeType.REVIEW_REMOVED, "r", b"{}", reviewer_id=user_id)

    def _change(
        self,
        kind: ChangeType,
        topic: str,
        data: bytes | None,
        *,
        at: datetime | None = None,
        sequence: int | None = None,
        **more: Any,
    ) -> Change:
        return Change(
            event_id=uuid4(), type=kind, source="/test", key=self.key, sequence=sequence or next(self.numbers[topic]),
            time=at or datetime.now(UTC), data=data, **more,
        )  # fmt: skip


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def new_plugin() -> Callable[[], Told]:
    return Told


@pytest.fixture
def record(database: Database) -> RecordChanges:
    return RecordChanges(database=database, clock=SystemClock())


@pytest.fixture
async def feed(database: Database) -> AsyncIterator[ReadChanges]:
    feed = ReadChanges(database=database, clock=SystemClock(), max_readers=1_000)
    yield feed
    await feed.watch.aclose()


class Reader:
    """Reads on from where it stands, and keeps only what is about its plugins."""

    def __init__(self, feed: ReadChanges, mark: Mark, keys: set[str]) -> None:
        self._feed = feed
        self._keys = keys
        self.mark = mark

    async def read(self, **wanted: Any) -> list[PublicChange]:
        """Read until nothing more is there."""
        found: list[PublicChange] = []
        while True:
            page, self.mark = await self._feed.read(self.mark, Wanted(**wanted), wait_seconds=0)
            found += [change for change in page.changes if any(key.encode() in change.json for key in self._keys)]
            if page.is_last:
                return found

    async def ids(self, **wanted: Any) -> list[UUID]:
        return [change.event_id for change in await self.read(**wanted)]


@pytest.fixture
def reader_of(feed: ReadChanges) -> Callable[..., Any]:
    """``await reader_of(told)`` begins at the beginning; ``since=`` elsewhere."""

    async def begin(*plugins: Told, since: Any = None) -> Reader:
        return Reader(feed, await feed.begin(since), {plugin.key for plugin in plugins})

    return begin
