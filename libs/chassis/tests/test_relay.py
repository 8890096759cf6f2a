"""The relay against a real database and broker: nothing lost, order per key, takeover."""

import asyncio
import random
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.partitioner import DefaultPartitioner
from prometheus_client import REGISTRY
from sqlalchemy import text

from chassis.db import Database
from chassis.kafka import Kafka
from chassis.outbox import append_event, append_tombstone
from chassis.process import Heartbeat
from chassis.relay import Relay
from contracts.envelope import Event
from contracts.events.accounts import AccountRegistered
from contracts.events.documents import PluginDocumentRemoved
from contracts.topics import ACCOUNTS, PLUGIN_DOCUMENTS
from testkit.waiting import eventually

_LOCK = text(
    "INSERT INTO aggregates VALUES (:id, 1) ON CONFLICT (id) DO UPDATE SET sequence = aggregates.sequence + 1"
    " RETURNING sequence"
)


def fact(name: str) -> AccountRegistered:
    return AccountRegistered(user_id=UUID(int=1), name=name, registered_at=datetime.now(UTC))


async def write(database: Database, key: str, *, hold_seconds: float = 0.0) -> None:
    async with database.transaction() as connection:
        sequence = (await connection.execute(_LOCK, {"id": key})).scalar_one()
        await append_event(connection, data=fact(f"{key}/{sequence}"), key=key, sequence=sequence)
        await asyncio.sleep(hold_seconds)  # other transactions overtake this one


async def outbox_is_empty(database: Database) -> bool:
    async with database.read() as connection:
        return bool((await connection.execute(text("SELECT count(*) = 0 FROM outbox"))).scalar_one())


async def read_topic(
    broker: Kafka, topic: str, keys: set[str], *, count: int, partitions: dict[str, int] | None = None
) -> list[Event]:
    """Everything that stands on the topic for these keys, once `count` different events do.

    `partitions` is filled with where each key stands.

    The broker writes the markers that make a transaction readable shortly after it has acknowledged the commit.
    """
    found: list[Event] = []
    places = partitions if partitions is not None else {}

    async def complete() -> bool:
        found[:] = [event for event in await _read_once(broker, topic, places) if event.key in keys]
        return len({event.id for event in found}) >= count

    await eventually(complete, timeout_seconds=60)
    return found


async def _read_once(broker: Kafka, topic: str, partitions: dict[str, int]) -> list[Event]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker.bootstrap_servers, isolation_level="read_committed", enable_auto_commit=False
    )
    await consumer.start()
    try:
        name = broker.named(topic)
        await consumer._client.force_metadata_update()
        consumer.assign([TopicPartition(name, partition) for partition in range(6)])
        ends = await consumer.end_offsets(consumer.assignment())
        await consumer.seek_to_beginning()
        found: list[Event] = []
        while any([await consumer.position(place) < end for place, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found += [Event.from_record(key=r.key, value=r.value, headers=r.headers) for r in records]
                partitions |= {r.key.decode(): r.partition for r in records}
        return found
    finally:
        await consumer.stop()


def start_relay(schema_url: str, broker: Kafka, schema: str) -> asyncio.Task[None]:
    return asyncio.create_task(Relay(database_url=schema_url, schema=schema, kafka=broker, heartbeat=Heartbeat()).run())


async def stop(*relays: asyncio.Task[None]) -> None:
    for relay in relays:
        relay.cancel()
    for relay in relays:
        with suppress(asyncio.CancelledError):
            await relay


async def test_events_arrive_with_their_attributes_and_a_tombstone_has_a_null_value(
    database: Database, schema_url: str, broker: Kafka
) -> None:
    key = uuid4().hex
    async with database.transaction() as connection:
        await append_event(connection, data=fact("Ann"), key=key, sequence=1)
        await append_tombstone(connection, event=PluginDocumentRemoved, key=key, sequence=2)
    relay = start_relay(schema_url, broker, key)
    await eventually(lambda: outbox_is_empty(database))
    await stop(relay)
    (event,) = await read_topic(broker, ACCOUNTS.name, {key}, count=1)
    assert (event.type, event.source, event.sequence) == ("account.registered.v1", f"/{key}", 1)
    assert event.json()["name"] == "Ann"
    (tombstone,) = await read_topic(broker, PLUGIN_DOCUMENTS.name, {key}, count=1)
    assert (tombstone.data, tombstone.sequence) == (None, 2)


async def test_a_key_stays_on_the_partition_that_other_clients_would_choose(
    database: Database, schema_url: str, broker: Kafka
) -> None:
    keys = [uuid4().hex for _ in range(20)]
    for key in keys:
        await write(database, key)
    relay = start_relay(schema_url, broker, keys[0])
    await eventually(lambda: outbox_is_empty(database))
    await stop(relay)
    partitions: dict[str, int] = {}
    await read_topic(broker, ACCOUNTS.name, set(keys), count=20, partitions=partitions)
    choose = DefaultPartitioner()
    assert {key: partitions[key] for key in keys} == {
        key: choose(key.encode(), list(range(6)), list(range(6))) for key in keys
    }


async def test_concurrent_writers_and_dying_relays_lose_nothing_and_keep_the_order_of_each_key(
    database: Database, schema_url: str, broker: Kafka
) -> None:
    schema = uuid4().hex
    keys = [f"{schema}-{number}" for number in range(20)]

    async def writer() -> None:
        for _ in range(60):
            await write(database, random.choice(keys), hold_seconds=random.uniform(0, 0.02))

    writers = asyncio.gather(*(writer() for _ in range(10)))
    relays = [start_relay(schema_url, broker, schema), start_relay(schema_url, broker, schema)]
    while not writers.done():
        await asyncio.wait([writers], timeout=0.5)
        victim = relays.pop(0)  # whichever holds the lock dies within two rounds
        await stop(victim)
        relays.append(start_relay(schema_url, broker, schema))
    await writers
    await eventually(lambda: outbox_is_empty(database), timeout_seconds=30)
    await stop(*relays)

    first: dict[UUID, Event] = {}
    for event in await read_topic(broker, ACCOUNTS.name, set(keys), count=600):
        first.setdefault(event.id, event)
    assert len(first) == 600
    for key in keys:
        sequences = [event.sequence for event in first.values() if event.key == key]
        assert sequences == list(range(1, len(sequences) + 1))


async def test_only_one_of_two_relays_is_active(database: Database, schema_url: str, broker: Kafka) -> None:
    schema = uuid4().hex
    relays = [start_relay(schema_url, broker, schema) for _ in range(2)]
    for _ in range(20):
        await write(database, schema)
    await eventually(lambda: outbox_is_empty(database))
    await stop(*relays)
    events = await read_topic(broker, ACCOUNTS.name, {schema}, count=20)
    assert [event.sequence for event in events] == list(range(1, 21))


async def test_its_metrics_say_what_it_does(
    database: Database, schema_url: str, broker: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.relay_backlog.MEASURE_SECONDS", 0.0)
    schema = uuid4().hex
    names = ("outbox_relay_active", "outbox_relayed_total", "outbox_publish_batch_seconds_count", "outbox_depth")

    def metrics() -> list[float | None]:
        return [REGISTRY.get_sample_value(name, {"schema": schema}) for name in names]

    await write(database, schema)
    relay = start_relay(schema_url, broker, schema)
    await eventually(lambda: metrics() == [1, 1, 1, 0])
    assert REGISTRY.get_sample_value("outbox_oldest_seconds", {"schema": schema}) == 0
    await stop(relay)
    assert metrics()[0] == 0
