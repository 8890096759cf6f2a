"""Writers that commit in shuffled order, and everything that their events became on the topics."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import ClassVar

from confluent_kafka import Consumer, KafkaError, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from sqlalchemy import text

from chassis.db import Database
from chassis.kafka import Kafka
from chassis.kafka_client import headers_of
from chassis.outbox import append_event
from contracts.envelope import Event, EventData

WRITERS = 12
KEYS = 60
PARTITIONS = 6
LONGEST_HOLD_SECONDS = 0.02

_LOCK = text(
    "INSERT INTO aggregates VALUES (:id, 1) ON CONFLICT (id) DO UPDATE SET sequence = aggregates.sequence + 1"
    " RETURNING sequence"
)


class Fact(EventData):
    """A change, on a topic that keeps all."""

    event_type: ClassVar[str] = "fault-fact.v1"
    topic: ClassVar[str] = "fault-facts.v1"
    sequence: int
    filling: str = "x" * 400


class Document(EventData):
    """A whole state, on a compacted topic."""

    event_type: ClassVar[str] = "fault-document.v1"
    topic: ClassVar[str] = "fault-documents.v1"
    sequence: int


@dataclass
class Written:
    """How often each key was written; its facts and its documents carry the sequences from 1 to that."""

    sequences: dict[str, int] = field(default_factory=dict)

    @property
    def events(self) -> int:
        """Return how many events that makes."""
        return 2 * sum(self.sequences.values())


def create_topics(kafka: Kafka) -> None:
    """Create both topics."""
    compacted = {"cleanup.policy": "compact", "delete.retention.ms": "86400000"}
    topics = [
        NewTopic(kafka.named(Fact.topic), PARTITIONS, 1),
        NewTopic(kafka.named(Document.topic), PARTITIONS, 1, config=compacted),
    ]
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap_servers})
    for future in admin.create_topics(topics).values():
        future.result()


async def write(database: Database, *, events: int, over_seconds: float = 0.0) -> Written:
    """Write by concurrent writers whose transactions overtake each other, two events in each.

    Parameters
    ----------
    over_seconds
        Take about this long at least, so that all that is done to relays happens meanwhile.

    Returns
    -------
    Written
        What was committed.
    """
    written = Written()
    transactions = events // 2
    remaining = iter(range(transactions))
    pause_seconds = over_seconds * WRITERS / transactions

    async def writer() -> None:
        for _ in remaining:
            key = f"key-{random.randrange(KEYS)}"
            async with database.transaction() as connection:
                sequence = int((await connection.execute(_LOCK, {"id": key})).scalar_one())
                await append_event(connection, data=Fact(sequence=sequence), key=key, sequence=sequence)
                await asyncio.sleep(random.uniform(0, LONGEST_HOLD_SECONDS))  # others overtake this one
                await append_event(connection, data=Document(sequence=sequence), key=key, sequence=sequence)
            await asyncio.sleep(pause_seconds)
            written.sequences[key] = max(written.sequences.get(key, 0), sequence)

    await asyncio.gather(*(writer() for _ in range(WRITERS)))
    return written


@dataclass
class Seen:
    """What stands on both topics."""

    facts: list[Event]
    documents: list[Event]

    @property
    def duplicates(self) -> int:
        """Return how many records repeat an event."""
        return sum(len(events) - len({event.id for event in events}) for events in (self.facts, self.documents))

    def lost(self, written: Written) -> int:
        """Return how many events are on no topic."""
        return written.events - len({event.id for event in [*self.facts, *self.documents]})

    def out_of_order(self, written: Written) -> int:
        """Return for how many keys and topics the first occurrences are not exactly 1, 2, 3 … in that order."""
        wrong = 0
        for events in (self.facts, self.documents):
            sequences: dict[str, list[int]] = {key: [] for key in written.sequences}
            for event in {event.id: event for event in reversed(events)}.values():  # keeps each first occurrence
                sequences[event.key].insert(0, event.sequence)
            wrong += sum(sequences[key] != list(range(1, last + 1)) for key, last in written.sequences.items())
        return wrong

    def stale(self, written: Written) -> int:
        """Return for how many keys the last record of the compacted topic is not the newest document."""
        last = {event.key: event.sequence for event in self.documents}
        return sum(last.get(key) != newest for key, newest in written.sequences.items())


def read(kafka: Kafka) -> Seen:
    """Read both topics to their end, committed transactions only."""
    return Seen(_read_topic(kafka, Fact.topic), _read_topic(kafka, Document.topic))


def _read_topic(kafka: Kafka, topic: str) -> list[Event]:
    consumer = Consumer(
        {
            "bootstrap.servers": kafka.bootstrap_servers,
            "group.id": "unused",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
        }
    )
    found: list[Event] = []
    open_partitions = set(range(PARTITIONS))
    try:
        consumer.assign([TopicPartition(kafka.named(topic), partition, 0) for partition in open_partitions])
        while open_partitions:
            for message in consumer.consume(1_000, timeout=1.0):
                error = message.error()
                if error is None:
                    found.append(
                        Event.from_record(key=message.key(), value=message.value(), headers=headers_of(message))
                    )
                elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - the library's name
                    open_partitions.discard(message.partition() or 0)
                else:
                    raise AssertionError(str(error))
    finally:
        consumer.close()
    return found
