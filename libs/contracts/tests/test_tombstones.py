"""A tombstone is a null value on a real broker, and compaction removes what it stands for, and in the end itself."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, ResourceType

from contracts.envelope import Event
from contracts.examples import example_event
from contracts.topics import PLUGIN_DOCUMENTS
from testkit.waiting import eventually

AT_ONCE = {
    "delete.retention.ms": "1",
    "min.compaction.lag.ms": "0",
    "max.compaction.lag.ms": "1",
    "min.cleanable.dirty.ratio": "0.01",
    "segment.ms": "100",
}


@pytest.fixture
async def topic(kafka_bootstrap_servers: str) -> AsyncIterator[str]:
    """A topic with the documents' cleanup policy, and days shortened to moments."""
    client = AdminClient({"bootstrap.servers": kafka_bootstrap_servers})
    set_cleaner_pause(client, AlterConfigOpType.SET)
    name = f"tombstones.{uuid4()}"
    settings = {**PLUGIN_DOCUMENTS.settings, **AT_ONCE}
    (created,) = client.create_topics([NewTopic(name, 1, 1, config=settings)]).values()
    created.result(30)
    yield name
    (deleted,) = client.delete_topics([name]).values()
    deleted.result(30)
    set_cleaner_pause(client, AlterConfigOpType.DELETE)


def set_cleaner_pause(client: AdminClient, operation: AlterConfigOpType) -> None:
    """Let the brokers look for something to compact every 200 ms, or as seldom as they are used to."""
    for broker in client.list_topics(timeout=30).brokers:
        entry = ConfigEntry("log.cleaner.backoff.ms", "200", incremental_operation=operation)
        resource = ConfigResource(ResourceType.BROKER, str(broker), incremental_configs=[entry])
        (altered,) = client.incremental_alter_configs([resource]).values()
        altered.result(30)


def write(bootstrap_servers: str, topic: str, *events: Event) -> None:
    producer = Producer({"bootstrap.servers": bootstrap_servers, "acks": "all"})
    for event in events:
        producer.produce(topic, key=event.key.encode(), value=event.data, headers=[*event.headers()])
    producer.flush(30)


def read(bootstrap_servers: str, topic: str) -> list[Event]:
    """Read what is there from the beginning, as a new consumer does."""
    consumer = Consumer({"bootstrap.servers": bootstrap_servers, "group.id": str(uuid4()), "enable.auto.commit": False})
    partition = TopicPartition(topic, 0)
    try:
        _, end = consumer.get_watermark_offsets(partition, timeout=30)
        consumer.assign([TopicPartition(topic, 0, 0)])
        events = []
        while consumer.position([partition])[0].offset < end and (message := consumer.poll(5)) is not None:
            headers = [
                (name, value) for name, value in dict(message.headers() or ()).items() if isinstance(value, bytes)
            ]
            events.append(Event.from_record(key=message.key(), value=message.value(), headers=headers))
        return events
    finally:
        consumer.close()


async def test_compaction_keeps_the_newest_document_and_forgets_what_is_gone(
    kafka_bootstrap_servers: str, topic: str
) -> None:
    document, tombstone = example_event("plugin-document.v1"), example_event("plugin-document.removed.v1")
    kept = example_event("plugin-document.v1", plugin_id="d3")
    older = replace(kept, id=uuid4(), sequence=kept.sequence - 1)
    await asyncio.to_thread(write, kafka_bootstrap_servers, topic, document, tombstone, older, kept)

    everything = await asyncio.to_thread(read, kafka_bootstrap_servers, topic)
    assert [event.data is None for event in everything if event.key == document.key][-1:] == [True]

    async def only_the_newest_is_left() -> bool:
        # Records of the newest segment are never compacted, and a segment ends when another record arrives late.
        await asyncio.to_thread(
            write, kafka_bootstrap_servers, topic, example_event("plugin-document.v1", plugin_id="filler")
        )
        found = await asyncio.to_thread(read, kafka_bootstrap_servers, topic)
        return [event for event in found if event.key != "filler"] == [kept]

    await eventually(only_the_newest_is_left, 60)
