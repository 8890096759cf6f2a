"""Events that Kafka refuses for good hold back their own key, or their own topic, and nothing else."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from chassis.db import Database
from chassis.kafka import Kafka
from chassis.outbox import LARGEST_EVENT_BYTES
from chassis.process import Heartbeat
from chassis.relay import Relay
from testkit.waiting import eventually

_APPEND = text(
    "INSERT INTO outbox (aggregatetype, aggregateid, type, payload, sequence)"
    " SELECT :topic, :key, 'thing.happened.v1', jsonb_build_object('filling', string_agg(md5(n::text), '')), :sequence"
    " FROM generate_series(1, :bytes / 32) AS n"
)
SMALL_LIMIT_BYTES = 20_000


class Topics:
    """Topics of one test, with one partition each."""

    def __init__(self, broker: Kafka) -> None:
        self.broker = broker
        self.admin = AdminClient({"bootstrap.servers": broker.bootstrap_servers})
        self.names: list[str] = []

    def create(self, name: str, **settings: str) -> str:
        topic = NewTopic(self.broker.named(name), 1, 1, config=settings)
        self.admin.create_topics([topic])[topic.topic].result()
        self.names.append(name)
        return name

    def allow_bytes(self, name: str, limit: int) -> None:
        entry = ConfigEntry("max.message.bytes", str(limit), incremental_operation=AlterConfigOpType.SET)
        resource = ConfigResource(ConfigResource.Type.TOPIC, self.broker.named(name), incremental_configs=[entry])
        self.admin.incremental_alter_configs([resource])[resource].result()

    def read(self, name: str) -> list[tuple[str, int]]:
        """Key and sequence of every committed record, in order."""
        consumer = Consumer(
            {"bootstrap.servers": self.broker.bootstrap_servers, "group.id": "unused", "enable.partition.eof": True}
        )
        found = []
        try:
            consumer.assign([TopicPartition(self.broker.named(name), 0, 0)])
            while (message := consumer.poll(10)) is not None and message.error() is None:
                headers: Any = dict(message.headers() or [])
                found.append(((message.key() or b"").decode(), int(headers["ce_sequence"])))
        finally:
            consumer.close()
        return found


@pytest.fixture
def topics(broker: Kafka) -> Iterator[Topics]:
    topics = Topics(broker)
    yield topics
    if topics.names:
        topics.admin.delete_topics([broker.named(name) for name in topics.names])


@pytest.fixture(autouse=True)
def short_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chassis.relay_holds.FIRST_PAUSE_SECONDS", 0.5)
    monkeypatch.setattr("chassis.relay_holds.LONGEST_PAUSE_SECONDS", 1.0)


async def append(database: Database, topic: str, key: str, sequence: int, *, size: int = 64) -> None:
    async with database.transaction() as connection:
        await connection.execute(_APPEND, {"topic": topic, "key": key, "sequence": sequence, "bytes": size})


async def keys_left(database: Database) -> set[str]:
    async with database.read() as connection:
        return set((await connection.execute(text("SELECT aggregateid FROM outbox"))).scalars())


@asynccontextmanager
async def running_relay(schema_url: str, broker: Kafka, schema: str) -> AsyncIterator[None]:
    relay = Relay(database_url=schema_url, schema=schema, kafka=broker, heartbeat=Heartbeat())
    running = asyncio.create_task(relay.run())
    try:
        yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def eventually_left(database: Database, keys: set[str]) -> None:
    async def left() -> bool:
        return await keys_left(database) == keys

    await eventually(left, 30, saying=f"only {keys} in the outbox")


async def test_a_refused_event_holds_its_key_until_the_cause_is_mended(
    database: Database, schema_url: str, broker: Kafka, topics: Topics
) -> None:
    topic = topics.create(f"small-{uuid4().hex}", **{"max.message.bytes": str(SMALL_LIMIT_BYTES)})
    for number in range(40):
        await append(database, topic, f"before-{number}", 1)
    await append(database, topic, "large", 1, size=2 * SMALL_LIMIT_BYTES)
    await append(database, topic, "large", 2)
    for number in range(40):
        await append(database, topic, f"after-{number}", 1)
    async with running_relay(schema_url, broker, topic):
        await eventually_left(database, {"large"})
        sent = await asyncio.to_thread(topics.read, topic)
        assert {key for key, _ in sent} == {f"{when}-{number}" for when in ("before", "after") for number in range(40)}
        topics.allow_bytes(topic, 10 * SMALL_LIMIT_BYTES)
        await eventually_left(database, set())
    sent = await asyncio.to_thread(topics.read, topic)
    assert [each for each in sent if each[0] == "large"] == [("large", 1), ("large", 2)]


async def test_a_missing_topic_holds_only_its_own_events(
    database: Database, schema_url: str, broker: Kafka, topics: Topics
) -> None:
    there, missing = topics.create(f"there-{uuid4().hex}"), f"missing-{uuid4().hex}"
    await append(database, missing, "waits", 1)
    await append(database, there, "flows", 1)
    async with running_relay(schema_url, broker, there):
        await eventually_left(database, {"waits"})
        topics.create(missing)
        await eventually_left(database, set())
    assert await asyncio.to_thread(topics.read, missing) == [("waits", 1)]


async def test_an_event_that_no_broker_would_take_is_refused_with_its_cause(database: Database) -> None:
    with pytest.raises(IntegrityError, match="outbox_size_check"):
        await append(database, "any.v1", "key", 1, size=LARGEST_EVENT_BYTES + 64)
    assert await keys_left(database) == set()


async def test_the_largest_event_that_may_be_written_is_taken(
    database: Database, schema_url: str, broker: Kafka, topics: Topics
) -> None:
    topic = topics.create(f"large-{uuid4().hex}")
    await append(database, topic, "key", 1, size=LARGEST_EVENT_BYTES - 128)
    async with running_relay(schema_url, broker, topic):
        await eventually_left(database, set())
    assert await asyncio.to_thread(topics.read, topic) == [("key", 1)]
