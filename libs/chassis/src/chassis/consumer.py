"""The consumer: batches of events to one handler, offsets committed after the effect.

Delivery is at least once; handlers deduplicate by inbox or sequence guard. When a batch fails its messages are tried
one by one, so that one bad message does not hold the others; after `MAX_ATTEMPTS` it goes to the dead-letter topic. A
handler that raises an ``UNAVAILABLE`` error is retried without limit, because the message is not at fault.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord
from aiokafka.errors import CommitFailedError
from prometheus_client import Counter, Histogram

from chassis.dead_letters import Failure, send_dead_letter
from chassis.errors import ErrorKind, PlatformError
from chassis.kafka import Kafka
from chassis.process import Heartbeat
from chassis.telemetry import begin_trace
from contracts.envelope import Event, MalformedEventError

MAX_ATTEMPTS = 5
RETRY_SECONDS = (0.1, 0.3, 1.0, 3.0)
UNAVAILABLE_RETRY_SECONDS = 1.0
POLL_MS = 200
SESSION_TIMEOUT_MS = 6_000
"""A killed consumer's partitions wait this long; the shortest that brokers permit by default."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What a consumer reads and who applies it.

    Parameters
    ----------
    group
        Consumer group without the deployment's prefix, such as ``catalog.installs``.
    topics
        Names without prefix.
    handler
        Applies a batch.
    max_records
        Events in a batch at most.
    linger_seconds
        After a first event, wait this long for more to share its transaction; 0 for immediate effect.
    """

    group: str
    topics: tuple[str, ...]
    handler: Handler
    max_records: int = 500
    linger_seconds: float = 0.0


class Consumer:
    """Runs one subscription.

    Parameters
    ----------
    kafka
        The broker.
    subscription
        What to read.
    heartbeat
        Told on every turn.
    """

    def __init__(self, *, kafka: Kafka, subscription: Subscription, heartbeat: Heartbeat) -> None:
        self._kafka = kafka
        self._subscription = subscription
        self._heartbeat = heartbeat

    async def run(self) -> None:
        """Consume until cancelled; raises when the broker is lost, after which it may be called again."""
        consumer = AIOKafkaConsumer(
            *(self._kafka.named(topic) for topic in self._subscription.topics),
            bootstrap_servers=self._kafka.bootstrap_servers,
            group_id=self._kafka.named(self._subscription.group),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            max_poll_interval_ms=600_000,
            session_timeout_ms=SESSION_TIMEOUT_MS,
            heartbeat_interval_ms=SESSION_TIMEOUT_MS // 4,
            metadata_max_age_ms=30_000,
        )
        producer = self._kafka.producer()
        await producer.start()
        try:
            await consumer.start()
            while True:
                await self._turn(consumer, producer)
        finally:
            await consumer.stop()
            await producer.stop()

    async def _turn(self, consumer: AIOKafkaConsumer, producer: AIOKafkaProducer) -> None:
        self._heartbeat.beat()
        limit = self._subscription.max_records
        found = await consumer.getmany(timeout_ms=POLL_MS, max_records=limit)
        records = [record for batch in found.values() for record in batch]
        if not records:
            return
        if self._subscription.linger_seconds and len(records) < limit:
            await asyncio.sleep(self._subscription.linger_seconds)
            more = await consumer.getmany(timeout_ms=0, max_records=limit - len(records))
            records += [record for batch in more.values() for record in batch]
        await self._apply(records, producer)
        try:
            await consumer.commit()
        except CommitFailedError:
            # The partitions moved meanwhile: their new owner sees these events again and deduplicates.
            _log.info("commit_after_rebalance", group=self._subscription.group)

    async def _apply(self, records: list[ConsumerRecord], producer: AIOKafkaProducer) -> None:
        events: list[tuple[ConsumerRecord, Event]] = []
        for record in records:
            try:
                event = Event.from_record(key=record.key, value=record.value, headers=record.headers)
            except MalformedEventError as error:
                await self._give_up(producer, record, reason=str(error), attempts=1)
            else:
                events.append((record, event))
        if not events:
            return
        try:
            await self._handle([event for _, event in events])
        except Exception as error:  # noqa: BLE001 - the messages are tried one by one next
            _log.warning("batch_failed", group=self._subscription.group, size=len(events), error=repr(error)[:500])
            for record, event in events:
                await self._apply_one(record, event, producer)

    async def _apply_one(self, record: ConsumerRecord, event: Event, producer: AIOKafkaProducer) -> None:
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                await self._handle([event])
            except Exception as error:  # noqa: BLE001 - bounded attempts, then the dead-letter topic
                if attempt == MAX_ATTEMPTS:
                    await self._give_up(producer, record, reason=repr(error), attempts=attempt)
                    return
                self._heartbeat.beat()
                await asyncio.sleep(RETRY_SECONDS[attempt - 1])
            else:
                return

    async def _handle(self, events: Sequence[Event]) -> None:
        """Call the handler; wait out servers that are away."""
        begin_trace(events[0].traceparent)
        while True:
            try:
                await self._subscription.handler(events)
            except PlatformError as error:
                if error.kind is not ErrorKind.UNAVAILABLE:
                    raise
                _log.warning("handler_waits", group=self._subscription.group, reason=error.detail)
                self._heartbeat.beat()
                await asyncio.sleep(UNAVAILABLE_RETRY_SECONDS)
            else:
                break
        APPLIED.labels(self._subscription.group).inc(len(events))
        age = EVENT_AGE.labels(self._subscription.group)
        for event in events:
            age.observe(max(0.0, _age_seconds(event)))

    async def _give_up(self, producer: AIOKafkaProducer, record: ConsumerRecord, *, reason: str, attempts: int) -> None:
        group = self._kafka.named(self._subscription.group)
        _log.error("dead_letter", group=group, topic=record.topic, offset=record.offset, reason=reason[:500])
        await send_dead_letter(producer, record=record, failure=Failure(group=group, reason=reason, attempts=attempts))


def _age_seconds(event: Event) -> float:
    return (datetime.now(UTC) - event.time).total_seconds()
