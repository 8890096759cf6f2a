"""A member of a consumer group: reads records, commits what was applied, knows which partitions are its own."""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from prometheus_client import Gauge

from chassis.dead_letters import Headers
from chassis.kafka import Kafka
from chassis.kafka_client import BlockingCalls, group_consumer, headers_of, require_no_fault

LAG = Gauge("consumer_lag_events", "Records that wait for a consumer, as far as it knows", ("group", "topic"))

CLOSE_SECONDS = 5.0

LAG_SECONDS = 2.0
"""Between two looks at the lag."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Record:
    """A message as it was read."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class GroupReader:
    """Reads a group's share of its topics.

    Revocations are taken between two polls, when everything read before has been applied and committed: so a rebalance
    loses nothing, and partitions that stay with this member are not interrupted (cooperative).

    Parameters
    ----------
    kafka
        The broker.
    group
        Without prefix.
    topics
        With prefix.
    """

    def __init__(self, *, kafka: Kafka, group: str, topics: tuple[str, ...]) -> None:
        self._consumer: Consumer = group_consumer(kafka, group, on_commit=self._on_commit)
        self._call = BlockingCalls(f"kafka-{group}")
        self._group = kafka.named(group)
        self._topics = topics
        self._at_end: set[tuple[str, int]] = set()
        self._lag_looked_at = 0.0
        self.assigned: set[tuple[str, int]] = set()
        self.has_gained = False
        """Set when partitions came; whoever acts on it clears it."""

    async def open(self) -> None:
        """Join the group."""
        await self._call(
            self._consumer.subscribe,
            list(self._topics),
            on_assign=self._on_assign,
            on_revoke=self._on_revoke,
            on_lost=self._on_revoke,
        )

    async def poll(self, *, max_records: int, timeout_seconds: float) -> list[Record]:
        """Wait for a first record and take what has come with it; empty when none came in time.

        Raises
        ------
        KafkaException
            The broker refused something; a retry is safe.
        """
        return await self._call(self._poll, max_records, timeout_seconds)

    def _poll(self, max_records: int, timeout_seconds: float) -> list[Record]:
        # consume() with a time-out waits for as many as it may take; poll() returns with the first.
        first = self._consumer.poll(timeout_seconds)
        if first is None:
            self._note_lag()
            return []
        messages = [first, *self._consumer.consume(max_records - 1, 0.0)] if max_records > 1 else [first]
        records = [record for message in messages if (record := self._record(message)) is not None]
        self._note_lag()
        # A partition may have been revoked in this very poll: its new owner reads those records.
        return [record for record in records if (record.topic, record.partition) in self.assigned]

    def _record(self, message: Message) -> Record | None:
        topic, partition, offset = message.topic(), message.partition(), message.offset()
        error = message.error()
        if error is not None and error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - the library's name
            if topic is not None and partition is not None:
                self._at_end.add((topic, partition))
            return None
        require_no_fault(message)
        if topic is None or partition is None or offset is None:
            return None
        self._at_end.discard((topic, partition))
        return Record(topic, partition, offset, message.key(), message.value(), headers_of(message))

    async def commit(self, records: Iterable[Record]) -> None:
        """Note that these records, and all before them, have had their effect.

        It is on its way when this returns: a broker that does not answer must not stop the loop. A commit that fails is
        only logged: the next one covers it, and what is read twice is applied once.
        """
        ends: dict[tuple[str, int], int] = {}
        for record in records:
            place = (record.topic, record.partition)
            ends[place] = max(ends.get(place, 0), record.offset + 1)
        offsets = [TopicPartition(topic, partition, end) for (topic, partition), end in ends.items()]
        try:
            await self._call(lambda: self._consumer.commit(offsets=offsets, asynchronous=True))
        except KafkaException as error:
            _log.info("commit_failed", group=self._group, reason=str(error))

    def _on_commit(self, error: KafkaError | None, _offsets: list[TopicPartition]) -> None:
        if error is not None:
            _log.info("commit_failed", group=self._group, reason=error.str())

    async def close(self) -> None:
        """Leave the group, so that others take over at once; what was committed is on its way before.

        A broker that does not answer is waited for a while only: then the group's time-out takes the place of leaving.
        """
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._call(self._consumer.close)
        except TimeoutError:
            _log.warning("close_given_up", group=self._group)
        finally:
            self._call.close()

    def _on_assign(self, _consumer: Consumer, places: list[TopicPartition]) -> None:
        self.assigned |= {(place.topic, place.partition) for place in places}
        self.has_gained = True
        _log.info("partitions_assigned", group=self._group, partitions=len(places), now=len(self.assigned))

    def _on_revoke(self, _consumer: Consumer, places: list[TopicPartition]) -> None:
        gone = {(place.topic, place.partition) for place in places}
        self.assigned -= gone
        self._at_end -= gone
        _log.info("partitions_revoked", group=self._group, partitions=len(places), now=len(self.assigned))

    def _note_lag(self) -> None:
        now = time.monotonic()
        if now - self._lag_looked_at < LAG_SECONDS:
            return
        self._lag_looked_at = now
        lag = dict.fromkeys(self._topics, 0)
        waiting = [TopicPartition(*place) for place in self.assigned - self._at_end]
        for place in self._consumer.position(waiting) if waiting else []:
            _, high = self._consumer.get_watermark_offsets(TopicPartition(place.topic, place.partition), cached=True)
            if place.offset >= 0 and high > place.offset:
                lag[place.topic] += high - place.offset
        for topic, records in lag.items():
            LAG.labels(self._group, topic).set(records)
