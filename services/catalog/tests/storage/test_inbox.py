from typing import Any
from uuid import uuid4

from catalog.usecases.forget_old_events import ForgetOldEvents
from chassis.db import Database


async def test_only_events_that_no_delivery_can_repeat_are_forgotten(database: Database, tables: Any) -> None:
    consumer = f"test-{uuid4().hex[:8]}"
    for days in (29, 31):
        await tables.run(
            "INSERT INTO inbox VALUES (:consumer, gen_random_uuid(), clock_timestamp() - make_interval(days => :days))",
            consumer=consumer,
            days=days,
        )
    assert await ForgetOldEvents(database=database).forget() >= 1
    [left] = await tables.run(
        "SELECT received_at > clock_timestamp() - interval '30 days' AS is_young FROM inbox WHERE consumer = :consumer",
        consumer=consumer,
    )
    assert left.is_young
