"""Kafka stops answering and keeps its connections: what waits for it must still be able to end."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

from chassis.consumer import Consumer, Subscription
from chassis.kafka import Kafka
from chassis.kafka_client import plain_producer
from chassis.process import Heartbeat
from contracts.envelope import Event
from contracts.topics import REVIEWS
from testkit.faults.figures import Figures
from testkit.faults.stack import FaultStack
from testkit.waiting import eventually


async def test_a_consumer_ends_while_kafka_does_not_answer(stack: FaultStack, figures: Figures) -> None:
    kafka = Kafka(bootstrap_servers=stack.kafka.bootstrap_servers)
    key = uuid4().hex
    applied: list[int] = []

    async def handler(events: Sequence[Event]) -> None:
        applied.extend(event.sequence for event in events if event.key == key)

    event = Event(
        id=uuid4(), type="test.happened.v1", source="/test", key=key, sequence=1, time=datetime.now(UTC), data=b"{}"
    )
    producer = plain_producer(kafka)
    producer.produce(REVIEWS.name, key=key.encode(), value=event.data, headers=[*event.headers()])
    await asyncio.to_thread(producer.flush)
    subscription = Subscription(group=uuid4().hex, topics=(REVIEWS.name,), handler=handler)
    consuming = asyncio.create_task(Consumer(kafka=kafka, subscription=subscription, heartbeat=Heartbeat()).run())
    try:
        await eventually(lambda: applied == [1], 60)
        stack.pause_server("kafka")
        began_at = asyncio.get_running_loop().time()
        consuming.cancel()
        await asyncio.wait({consuming}, timeout=60)
        seconds = asyncio.get_running_loop().time() - began_at
    finally:
        stack.resume_server("kafka")
        consuming.cancel()
        await stack.until_ready()
    assert consuming.cancelled()
    figures.add("Kafka does not answer", "a consumer ends after, s", seconds, "at all")
