"""A relay that slept past its turn sends nothing any more, and what it had begun is never read."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer

from chassis.kafka import Kafka
from chassis.relay_producer import FencedError, Record, RelayProducer
from contracts.topics import ACCOUNTS


@pytest.fixture
def new_producer(broker: Kafka) -> Callable[[], RelayProducer]:
    name = uuid4().hex
    return lambda: RelayProducer(broker, transactional_id=name, meanwhile=lambda: None)


def record(broker: Kafka, key: str) -> Record:
    return Record(broker.named(ACCOUNTS.name), key, '{"n": 1}', [("ce_id", b"1")])


def test_a_stale_relay_is_fenced(broker: Kafka, new_producer: Callable[[], RelayProducer]) -> None:
    stale, successor = new_producer(), new_producer()
    stale.open()
    stale.send([record(broker, "first")])
    successor.open()
    with pytest.raises(FencedError):
        stale.send([record(broker, "second")])
    successor.send([record(broker, "second")])
    stale.close()
    successor.close()


async def test_what_a_stale_relay_had_begun_is_never_read(
    broker: Kafka, new_producer: Callable[[], RelayProducer]
) -> None:
    key = uuid4().hex
    stale, successor = new_producer(), new_producer()
    stale.open()

    def batch_of_a_sleeper() -> Iterator[Record]:
        yield record(broker, f"{key}-begun")
        stale._producer.flush(5)  # on the broker, in an open transaction
        successor.open()
        yield record(broker, f"{key}-stale")

    with pytest.raises(FencedError):
        stale.send(batch_of_a_sleeper())
    successor.send([record(broker, f"{key}-{number}") for number in range(6)])
    successor.close()
    stale.close()
    consumer = AIOKafkaConsumer(
        broker.named(ACCOUNTS.name),
        bootstrap_servers=broker.bootstrap_servers,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        keys: set[str] = set()
        while len(keys) < 6:
            for records in (await consumer.getmany(timeout_ms=1_000)).values():
                keys |= {each.key.decode() for each in records if each.key.decode().startswith(key)}
    finally:
        await consumer.stop()
    assert keys == {f"{key}-{number}" for number in range(6)}
