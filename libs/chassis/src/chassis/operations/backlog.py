"""What waits for a group in a topic: counted, because offsets also number the ends of transactions.

A partition's last offsets may hold nothing that anybody is given, so a group that has applied everything can seem to
be behind. What waits is therefore read, up to a limit.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, Consumer, KafkaError, Message, TopicPartition

from chassis.kafka import Kafka
from chassis.kafka_client import plain_consumer, require_no_fault
from chassis.operations.broker import Place

COUNT_LIMIT = 2_000
"""Events of a partition that are counted; what is beyond is taken from the offsets."""

COUNT_SECONDS = 10.0

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Backlog:
    """Events that wait, and since when (Unix seconds; None where none waits); not exact where offsets had to do."""

    events: int
    oldest_at: float | None
    is_exact: bool


@dataclass(slots=True)
class _Count:
    end: int
    last: int
    events: int = 0
    oldest_at: float | None = None
    is_over: bool = False

    def note(self, message: Message) -> None:
        offset = message.offset()
        if offset is None or offset >= self.end:  # written meanwhile, or past what is asked about
            self.is_over = True
            return
        kind, milliseconds = message.timestamp()
        if self.oldest_at is None and kind != TIMESTAMP_NOT_AVAILABLE:
            self.oldest_at = milliseconds / 1_000
        self.events += 1
        self.last = offset
        self.is_over = offset >= self.end - 1


def measure_backlog(kafka: Kafka, topic: str, places: Mapping[int, Place]) -> Backlog:
    """Measure what waits in a topic (without prefix) from each partition's next offset on.

    Raises
    ------
    KafkaException
        The broker does not answer; a retry is safe.
    """
    counts = {number: _Count(place.end, place.next - 1) for number, place in places.items() if place.next < place.end}
    if not counts:
        return Backlog(0, None, is_exact=True)
    consumer = plain_consumer(kafka, "backlog-reader", tells_ends=True)
    try:
        consumer.assign([TopicPartition(kafka.named(topic), number, places[number].next) for number in counts])
        _count(consumer, counts)
    finally:
        consumer.close()
    events, is_exact = 0, True
    for count in counts.values():
        rest = 0 if count.is_over else max(0, count.end - 1 - count.last)
        events, is_exact = events + count.events + rest, is_exact and not rest
    since = [count.oldest_at for count in counts.values() if count.oldest_at is not None]
    return Backlog(events, min(since, default=None), is_exact=is_exact)


def _count(consumer: Consumer, counts: Mapping[int, _Count]) -> None:
    deadline = time.monotonic() + COUNT_SECONDS
    counting = set(counts)
    while counting and time.monotonic() < deadline:
        for message in consumer.consume(_BATCH, 0.2):
            number, error = message.partition(), message.error()
            if number not in counting:
                continue
            count = counts[number]
            if error is not None and error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - the library's name
                count.is_over = True
            else:
                require_no_fault(message)
                count.note(message)
            if count.is_over or count.events >= COUNT_LIMIT:
                counting.remove(number)
                # The others are read on.
                consumer.incremental_unassign([TopicPartition(message.topic() or "", number)])
