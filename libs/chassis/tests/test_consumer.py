"""The consumer against a real broker and database."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from uuid import UUID, uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from sqlalchemy import text

from chassis.consumer import Consumer, Subscription
from chassis.db import Database
from chassis.errors import ServiceUnavailableError
from chassis.inbox import claim_events
from chassis.kafka import Kafka
from chassis.process import Heartbeat
from contracts.envelope import Event
from contracts.topics import REVIEWS
from testkit.waiting import eventually


def make_event(key: str, sequence: int, *, event_id: UUID | None = None) -> Event:
    return Event(
        id=event_id or uuid4(),
        type="review.posted.v1",
        source="/test",
        key=key,
        sequence=sequence,
        time=datetime.now(UTC),
        data=b"{}",
    )


async def send(broker: Kafka, *events: Event) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers)
    await producer.start()
    for event in events:
        await producer.send_and_wait(
            broker.named(REVIEWS.name), key=event.key.encode(), value=event.data, headers=event.headers()
        )
    await producer.stop()


@asynccontextmanager
async def running(broker: Kafka, subscription: Subscription) -> AsyncIterator[None]:
    consumer = Consumer(kafka=broker, subscription=subscription, heartbeat=Heartbeat())
    task = asyncio.create_task(consumer.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def dead_letters(broker: Kafka, key: str) -> list[dict[str, bytes]]:
    """Headers of the dead letters with this key, waiting until there is one."""
    consumer = AIOKafkaConsumer(
        broker.named(REVIEWS.dead_letters), bootstrap_servers=broker.bootstrap_servers, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        async with asyncio.timeout(30):
            async for record in consumer:
                if record.key == key.encode():
                    return [{**dict(record.headers), "value": record.value}]
    finally:
        await consumer.stop()
    return []


async def test_a_poison_message_goes_to_the_dead_letters_and_the_others_flow(broker: Kafka) -> None:
    run = uuid4().hex
    applied: list[str] = []

    async def handler(events: Sequence[Event]) -> None:
        if any(event.key == f"{run}-bad" for event in events):
            raise ValueError("this message is poison")
        applied.extend(event.key for event in events)

    await send(broker, make_event(f"{run}-1", 1), make_event(f"{run}-bad", 1), make_event(f"{run}-2", 1))
    async with running(broker, Subscription(group=run, topics=(REVIEWS.name,), handler=handler)):

        async def both_applied() -> bool:
            return {f"{run}-1", f"{run}-2"} <= set(applied)

        await eventually(both_applied, timeout_seconds=30)
        (letter,) = await dead_letters(broker, f"{run}-bad")
    assert b"this message is poison" in letter["x-error-reason"]
    assert letter["x-error-attempts"] == b"5"
    assert letter["x-origin-topic"] == broker.named(REVIEWS.name).encode()
    assert letter["ce_type"] == b"review.posted.v1"
    assert letter["value"] == b"{}"


async def test_a_record_that_is_no_event_goes_to_the_dead_letters_at_once(broker: Kafka) -> None:
    run = uuid4().hex
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers)
    await producer.start()
    await producer.send_and_wait(broker.named(REVIEWS.name), key=run.encode(), value=b"\xff not json")
    await producer.stop()

    async def handler(_events: Sequence[Event]) -> None:
        return None

    async with running(broker, Subscription(group=run, topics=(REVIEWS.name,), handler=handler)):
        (letter,) = await dead_letters(broker, run)
    assert letter["value"] == b"\xff not json"
    assert letter["x-error-attempts"] == b"1"


async def test_an_outage_is_waited_out_and_loses_nothing(broker: Kafka) -> None:
    run = uuid4().hex
    outages = 2
    applied: list[int] = []

    async def handler(events: Sequence[Event]) -> None:
        nonlocal outages
        mine = [event.sequence for event in events if event.key == run]
        if mine and outages:
            outages -= 1
            raise ServiceUnavailableError("the database")
        applied.extend(mine)

    await send(broker, *(make_event(run, number) for number in range(1, 4)))
    async with running(broker, Subscription(group=run, topics=(REVIEWS.name,), handler=handler)):

        async def all_applied() -> bool:
            return len(applied) >= 3

        await eventually(all_applied, timeout_seconds=30)
    assert applied == [1, 2, 3]


async def test_events_delivered_again_after_a_crash_before_the_commit_have_their_effect_once(
    broker: Kafka, database: Database
) -> None:
    run = uuid4().hex
    deliveries = 0

    async def handler(events: Sequence[Event]) -> None:
        nonlocal deliveries
        mine = [event for event in events if event.key == run]
        async with database.transaction() as connection:
            fresh = await claim_events(connection, consumer=run, events=mine)
            if fresh:
                await connection.execute(
                    text(
                        "INSERT INTO effects VALUES (:key, :count)"
                        " ON CONFLICT (key) DO UPDATE SET applied = effects.applied + :count"
                    ),
                    {"key": run, "count": len(fresh)},
                )
        deliveries += len(mine)
        if deliveries == len(mine) > 0:  # the first time: die after the effect, before the offset is committed
            raise asyncio.CancelledError

    twice = make_event(run, 2)
    await send(broker, make_event(run, 1), twice, twice)
    subscription = Subscription(group=run, topics=(REVIEWS.name,), handler=handler)
    with suppress(asyncio.CancelledError):
        await Consumer(kafka=broker, subscription=subscription, heartbeat=Heartbeat()).run()
    async with running(broker, subscription):

        async def delivered_again() -> bool:
            return deliveries >= 6

        await eventually(delivered_again, timeout_seconds=40)
    async with database.read() as connection:
        applied = (
            await connection.execute(text("SELECT applied FROM effects WHERE key = :key"), {"key": run})
        ).scalar()
    assert applied == 2
