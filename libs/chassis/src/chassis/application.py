"""Applying records: all at once where that works, key by key where it does not, dead letters where nothing helps."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog
from prometheus_client import Counter, Histogram

from chassis.errors import ErrorKind, PlatformError
from chassis.group_reader import Record
from chassis.parking import Parking
from chassis.process import Heartbeat
from chassis.telemetry import begin_trace
from contracts.envelope import Event, MalformedEventError

RETRY_SECONDS = (0.1, 0.3, 1.0, 3.0)
"""Pauses between attempts, so five of them: long enough for a lock or a deadlock to clear."""

UNAVAILABLE_RETRY_SECONDS = 1.0

APPLIED = Counter("events_applied_total", "Events applied", ("group",))
EVENT_AGE = Histogram(
    "event_age_seconds",
    "Seconds from the fact to its effect here",
    ("group",),
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 120, 600),
)

Handler = Callable[[Sequence[Event]], Awaitable[None]]
"""Applies events in order, all or none; raises when it could not. Unknown event types are to be ignored."""

_log = structlog.get_logger()


@dataclass(slots=True)
class _Queue:
    """The records of one key that are still to be applied, in order."""

    waiting: list[tuple[Record, Event]] = field(default_factory=list)
    attempts: int = 0
    error: str = ""


class Application:
    """Gives records to a handler until each has had its effect or is a dead letter.

    Parameters
    ----------
    group
        With prefix, for logs and metrics.
    handler
        Applies events.
    parking
        Takes what cannot be applied.
    heartbeat
        Told while waiting.
    retry_seconds
        Pauses between the attempts at a key.
    """

    def __init__(
        self,
        *,
        group: str,
        handler: Handler,
        parking: Parking,
        heartbeat: Heartbeat,
        retry_seconds: Sequence[float] = RETRY_SECONDS,
    ) -> None:
        self._retry_seconds = retry_seconds
        self._group = group
        self._handler = handler
        self._parking = parking
        self._heartbeat = heartbeat

    async def apply(self, records: Sequence[Record]) -> None:
        """Apply records in the order of each key. When it returns, all of them may be committed."""
        events = [pair for record in records if (pair := await self._admit(record)) is not None]
        if not events:
            return
        try:
            await self.handle([event for _, event in events])
        except Exception as error:  # noqa: BLE001 - each key is tried for itself next
            _log.warning("batch_failed", group=self._group, size=len(events), error=repr(error)[:500])
            await self._apply_key_by_key(events)

    async def _admit(self, record: Record) -> tuple[Record, Event] | None:
        """Read a record; one that is no event, or whose key is parked, goes to the dead letters."""
        if self._parking.is_parked(record):
            await self._parking.let_wait(record)
            return None
        try:
            return record, Event.from_record(key=record.key, value=record.value, headers=record.headers)
        except MalformedEventError as error:
            await self._parking.give_up(record, reason=str(error), attempts=1)
            return None

    async def _apply_key_by_key(self, events: Sequence[tuple[Record, Event]]) -> None:
        """Try each key for itself, failing ones again after a pause in which the others are done."""
        queues: dict[tuple[str, str], _Queue] = {}
        for record, event in events:
            queues.setdefault((record.topic, event.key), _Queue()).waiting.append((record, event))
        while True:
            for queue in queues.values():
                await self._try_queue(queue)
                if queue.attempts > len(self._retry_seconds):
                    await self._give_up(queue)
            queues = {key: queue for key, queue in queues.items() if queue.waiting}
            if not queues:
                return
            self._heartbeat.beat()
            await asyncio.sleep(self._retry_seconds[min(queue.attempts for queue in queues.values()) - 1])

    async def _give_up(self, queue: _Queue) -> None:
        """Make the first of a queue a dead letter, and let what comes behind it wait."""
        (record, _), *others = queue.waiting
        queue.waiting.clear()
        await self._parking.give_up(record, reason=queue.error, attempts=queue.attempts)
        for other, _ in others:
            await self._park_or_apply(other)

    async def _park_or_apply(self, record: Record) -> None:
        """Let a record wait behind the failed one of its key; one without a key has nothing to wait for."""
        if self._parking.is_parked(record):
            await self._parking.let_wait(record)
        else:
            await self.apply([record])

    async def _try_queue(self, queue: _Queue) -> None:
        if len(queue.waiting) == 1:
            await self._try_one_by_one(queue)
            return
        try:
            await self.handle([event for _, event in queue.waiting])
        except Exception:  # noqa: BLE001 - find out which of them it is
            await self._try_one_by_one(queue)
        else:
            queue.waiting.clear()

    async def _try_one_by_one(self, queue: _Queue) -> None:
        while queue.waiting:
            try:
                await self.handle([queue.waiting[0][1]])
            except Exception as error:  # noqa: BLE001 - bounded attempts, then the dead-letter topic
                queue.attempts, queue.error = queue.attempts + 1, repr(error)
                return
            queue.waiting.pop(0)
            queue.attempts = 0

    async def handle(self, events: Sequence[Event]) -> None:
        """Call the handler once; wait out servers that are away, which is nobody's fault.

        Raises
        ------
        Exception
            Whatever the handler raises.
        """
        begin_trace(events[0].traceparent)
        self._heartbeat.beat()
        while True:
            try:
                await self._handler(events)
            except PlatformError as error:
                if error.kind is not ErrorKind.UNAVAILABLE:
                    raise
                _log.warning("handler_waits", group=self._group, reason=error.detail)
                self._heartbeat.beat()
                await asyncio.sleep(UNAVAILABLE_RETRY_SECONDS)
            else:
                break
        APPLIED.labels(self._group).inc(len(events))
        age = EVENT_AGE.labels(self._group)
        now = datetime.now(UTC)
        for event in events:
            age.observe(max(0.0, (now - event.time).total_seconds()))
