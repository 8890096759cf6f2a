"""How far groups are behind, by the command line, on a real broker."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from confluent_kafka import Producer

from chassis.kafka import Kafka
from chassis.operations.backlog import COUNT_LIMIT
from contracts.topics import REVIEWS
from testkit.waiting import eventually


def end_transactions(broker: Kafka, count: int) -> None:
    """Write transactions of one record that is taken back: offsets that nobody is ever given."""
    producer = Producer({"bootstrap.servers": broker.bootstrap_servers, "transactional.id": broker.named("test")})
    producer.init_transactions()
    for number in range(count):
        producer.begin_transaction()
        producer.produce(broker.named(REVIEWS.name), key=str(number), value=b"{}")
        producer.flush()
        producer.abort_transaction()


async def test_a_group_that_has_applied_everything_is_not_behind_whatever_offsets_say(
    service: Any, events: Any
) -> None:
    await service.send("key", 1, 2, 3)
    async with service.running():
        await service.until_applied(("key", 3))

        async def is_at_work() -> bool:
            (row,) = (await events("lag", "--json")).document
            return bool(row["members"] == 1 and row["lag"] == 0)

        await eventually(is_at_work, timeout_seconds=30)
    await asyncio.to_thread(end_transactions, service.broker, 12)
    ran = await events("lag", "--json", "--max-lag", "0", "--max-age", "0")
    (row,) = ran.document
    assert (ran.code, row["lag"], row["behind_seconds"], row["members"]) == (0, 0, 0, 0)

    await service.send("key", 4, 5, at=datetime.now(UTC) - timedelta(minutes=10))
    ran = await events("lag", "--json", "--max-lag", "1")
    (row,) = ran.document
    assert (ran.code, row["lag"], row["lag_is_exact"]) == (1, 2, True)
    assert 590 < row["behind_seconds"] < 700
    assert (await events("lag", "--max-lag", "2")).code == 0
    late = await events("lag", "--max-age", "300")
    assert (late.code, "behind on reviews.v1: 2 events" in late.err) == (1, True)
    assert service.group in late.out


async def test_open_letters_and_their_age_stand_beside_the_lag(service: Any, events: Any, letters: Any) -> None:
    service.poison = {("bad", 1)}
    await service.send("bad", 1, 2)
    async with service.running():
        await letters(2)
    (row,) = (await events("lag", "--json")).document
    assert row["dead_letters"] == 2
    assert 0 <= row["oldest_letter_seconds"] < 120


async def test_a_long_backlog_is_measured_in_bounded_time_by_its_offsets(service: Any, events: Any) -> None:
    count = COUNT_LIMIT + 500
    await service.send("key", *range(count))
    (row,) = (await events("lag", "--json")).document
    assert (row["lag"], row["lag_is_exact"]) == (count, False)
