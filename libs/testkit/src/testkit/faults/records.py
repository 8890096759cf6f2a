"""Records of Kafka, written and read past the services."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

_READ_MS = 5_000


async def read_topic(bootstrap_servers: str, topic: str) -> list[ConsumerRecord]:
    """Read everything that is on a topic now, as far as it is committed."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers, auto_offset_reset="earliest", isolation_level="read_committed"
    )
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, number) for number in await _partitions(bootstrap_servers, topic)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        records: list[ConsumerRecord] = []
        while any([await consumer.position(each) < end for each, end in ends.items()]):
            for batch in (await consumer.getmany(timeout_ms=_READ_MS)).values():
                records += batch
        return records
    finally:
        await consumer.stop()


async def _partitions(bootstrap_servers: str, topic: str) -> list[int]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        (found,) = await admin.describe_topics([topic])
    finally:
        await admin.close()
    return [each["partition"] for each in found["partitions"]]


@asynccontextmanager
async def open_producer(bootstrap_servers: str) -> AsyncIterator[AIOKafkaProducer]:
    """Open a producer of records that no service would write."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap_servers, acks="all")
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()
