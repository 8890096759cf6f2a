"""Counts are exact whatever is delivered twice, and reach the plugins in batches."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from math import inf
from typing import Any
from uuid import uuid4

import pytest

from catalog.usecases.count_installs import CountedInstall, CountInstalls
from catalog.usecases.emit_changed_counts import EmitChangedCounts
from chassis.db import Database
from contracts.envelope import Event
from contracts.events.installs import InstallCreated, InstallRemoved

EPOCH_TEXT = "2026-11-01T12:00:00+00:00"


def install(plugin_id: str, delta: int = 1) -> CountedInstall:
    kind = InstallCreated if delta > 0 else InstallRemoved
    event = Event.from_record(
        key=f"{uuid4()}:{plugin_id}".encode(),
        value=b"{}",
        headers=[
            ("ce_id", str(uuid4()).encode()),
            ("ce_type", kind.event_type.encode()),
            ("ce_source", b"/installs"),
            ("ce_sequence", b"1"),
            ("ce_time", EPOCH_TEXT.encode()),
        ],
    )
    return CountedInstall(event=event, plugin_id=plugin_id, delta=delta)


@pytest.fixture
def count_installs(database: Database) -> CountInstalls:
    return CountInstalls(database=database)


async def counted(tables: Any, plugin_id: str) -> int | None:
    rows = await tables.run("SELECT count FROM install_counts WHERE plugin_id = :id", id=plugin_id)
    return rows[0].count if rows else None


async def emit_all(database: Database, *, pause_seconds: float = 0.0) -> None:
    # No relay runs beside these tests, so their outbox is never empty.
    job = EmitChangedCounts(database=database, pause_seconds=pause_seconds, backlog_seconds=inf)
    while await job.emit():
        pass


async def test_an_event_that_is_delivered_again_counts_once(count_installs: CountInstalls, tables: Any) -> None:
    plugin_id = f"p-{uuid4().hex[:12]}"
    one = install(plugin_id)
    await count_installs.count([one, one])
    await count_installs.count([one])
    assert await counted(tables, plugin_id) == 1


async def test_an_install_and_its_removal_in_one_batch_leave_no_trace_in_the_counts(
    count_installs: CountInstalls, tables: Any
) -> None:
    plugin_id = f"p-{uuid4().hex[:12]}"
    await count_installs.count([install(plugin_id), install(plugin_id, -1)])
    assert await counted(tables, plugin_id) is None


async def test_an_empty_batch_does_nothing(count_installs: CountInstalls) -> None:
    await count_installs.count([])


async def test_ten_thousand_events_delivered_twice_by_four_consumers_are_counted_exactly(
    count_installs: CountInstalls, tables: Any
) -> None:
    order = random.Random(7)
    prefix = f"p-{uuid4().hex[:8]}"
    events = [
        install(f"{prefix}-{min(int(order.paretovariate(1)), 40)}", order.choice([1, 1, 1, -1])) for _ in range(10_000)
    ]
    expected = Counter[str]()
    for event in events:
        expected[event.plugin_id] += event.delta
    deliveries = [*events, *events]
    order.shuffle(deliveries)
    batches = [deliveries[start : start + 500] for start in range(0, len(deliveries), 500)]

    async def consume(mine: Sequence[list[CountedInstall]]) -> None:
        for batch in mine:
            await count_installs.count(batch)

    await asyncio.gather(*(consume(batches[start::4]) for start in range(4)))
    rows = await tables.run("SELECT plugin_id, count FROM install_counts WHERE plugin_id LIKE :p", p=f"{prefix}-%")
    assert {row.plugin_id: row.count for row in rows if row.count} == {key: n for key, n in expected.items() if n}


async def test_a_changed_count_reaches_the_plugin_and_its_document(
    publisher: Any, count_installs: CountInstalls, database: Database, tables: Any
) -> None:
    await publisher.send(version="1.0.0")
    await count_installs.count([install(publisher.plugin_id) for _ in range(3)])
    await emit_all(database)
    assert (await tables.plugin(publisher.plugin_id)).install_count == 3
    documents = await tables.outbox(publisher.plugin_id)
    assert [(row.payload["change"], row.payload["install_count"], row.sequence) for row in documents] == [
        ("content", 0, 1),
        ("counts", 3, 2),
    ]
    await emit_all(database)
    assert len(await tables.outbox(publisher.plugin_id)) == 2


async def test_a_plugins_figures_are_emitted_once_in_a_pause_however_often_they_change(
    publisher: Any, count_installs: CountInstalls, database: Database, tables: Any
) -> None:
    await publisher.send(version="1.0.0")
    for _ in range(5):
        await count_installs.count([install(publisher.plugin_id)])
        await emit_all(database, pause_seconds=600.0)
    assert len(await tables.outbox(publisher.plugin_id)) == 1, "the pause after the content is not over"
    await emit_all(database, pause_seconds=0.0)
    assert [row.payload["install_count"] for row in await tables.outbox(publisher.plugin_id)] == [0, 5]


async def test_installs_of_a_plugin_that_is_not_known_yet_are_counted_when_it_arrives(
    publisher: Any, count_installs: CountInstalls, database: Database, tables: Any
) -> None:
    await count_installs.count([install(publisher.plugin_id)])
    await emit_all(database)
    await publisher.send(version="1.0.0")
    await emit_all(database)
    assert (await tables.plugin(publisher.plugin_id)).install_count == 1


async def test_the_figures_of_a_suspended_plugin_change_silently_and_show_when_it_is_restored(
    publisher: Any, count_installs: CountInstalls, database: Database, tables: Any
) -> None:
    await publisher.send(version="1.0.0")
    await publisher.send(status="suspended")
    await count_installs.count([install(publisher.plugin_id)])
    await emit_all(database)
    assert len(await tables.outbox(publisher.plugin_id)) == 2
    await publisher.send(status="published")
    assert (await tables.outbox(publisher.plugin_id))[-1].payload["install_count"] == 1


async def test_a_removal_without_its_install_shows_as_none_until_the_install_is_replayed(
    publisher: Any, count_installs: CountInstalls, database: Database, tables: Any
) -> None:
    await publisher.send(version="1.0.0")
    await count_installs.count([install(publisher.plugin_id, -1)])
    await emit_all(database)
    assert (await tables.plugin(publisher.plugin_id)).install_count == 0
    await count_installs.count([install(publisher.plugin_id), install(publisher.plugin_id)])
    await emit_all(database)
    assert (await tables.plugin(publisher.plugin_id)).install_count == 1


async def test_counting_goes_on_beside_the_job_and_no_count_is_lost(
    publisher: Any, count_installs: CountInstalls, database: Database, tables: Any
) -> None:
    await publisher.send(version="1.0.0")
    counting = asyncio.gather(
        *(count_installs.count([install(publisher.plugin_id) for _ in range(5)]) for _ in range(40))
    )
    while not counting.done():
        await emit_all(database)
        await asyncio.sleep(0)
    await counting
    await emit_all(database)
    documents = await tables.outbox(publisher.plugin_id)
    assert documents[-1].payload["install_count"] == 200
    assert (await tables.plugin(publisher.plugin_id)).install_count == 200


async def test_no_figures_are_added_while_the_relay_is_far_behind(
    publisher: Any, count_installs: CountInstalls, database: Database, tables: Any
) -> None:
    await publisher.send(version="1.0.0")
    await count_installs.count([install(publisher.plugin_id)])
    await tables.run("DELETE FROM outbox")
    [row] = await tables.run(
        "INSERT INTO outbox (aggregatetype, aggregateid, type, sequence, occurred_at)"
        " VALUES ('t', 'k', 't', 1, clock_timestamp() - interval '40 s') RETURNING position"
    )
    job = EmitChangedCounts(database=database, pause_seconds=0.0)
    assert await job.emit() == 0
    assert (await tables.plugin(publisher.plugin_id)).install_count == 0
    await tables.run("DELETE FROM outbox WHERE position = :position", position=row.position)
    assert await job.emit() >= 1
    assert (await tables.plugin(publisher.plugin_id)).install_count == 1
