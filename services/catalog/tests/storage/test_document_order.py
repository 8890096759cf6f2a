"""Whoever writes a plugin at the same time: the last document in outbox order is the newest state."""

import asyncio
from itertools import pairwise
from math import inf
from typing import Any
from uuid import uuid4

from catalog.domain.reviews import Opinion
from catalog.usecases.emit_changed_counts import EmitChangedCounts
from catalog.usecases.republish_documents import RepublishDocuments
from catalog.usecases.write_reviews import PostReview
from chassis.clock import SystemClock
from chassis.db import Database
from contracts.identity import IdentityClaims


def _is_rising(numbers: list[int]) -> bool:
    return all(earlier < later for earlier, later in pairwise(numbers))


async def _republish_all(database: Database) -> None:
    use_case = RepublishDocuments(database=database)
    after: str | None = ""
    while after is not None:
        after = (await use_case.republish(after=after)).last_id


async def test_the_last_document_of_two_writers_is_the_newest_state(publisher: Any, tables: Any) -> None:
    await publisher.send(version="1.0.0")
    changes = [publisher.change(name=f"name {number}") for number in range(60)]

    async def write(mine: Any) -> None:
        for change in mine:
            await publisher.apply.apply([change])

    await asyncio.gather(write(changes[0::2]), write(changes[1::2]))
    documents = await tables.outbox(publisher.plugin_id)
    row = await tables.plugin(publisher.plugin_id)
    assert documents[-1].payload["name"] == row.name == "name 59"
    assert _is_rising([document.sequence for document in documents])
    names = [int(document.payload["name"].split()[-1]) for document in documents[1:]]
    assert _is_rising(names), "a document may not be older than the one before it"


def somebody() -> IdentityClaims:
    return IdentityClaims(sub=uuid4(), kind="user", name="R", iat=0, exp=0)


async def test_events_reviews_counts_and_a_republication_at_once_leave_the_newest_document_last(
    publisher: Any, tables: Any, database: Database
) -> None:
    await publisher.send(version="1.0.0")
    post = PostReview(database=database, clock=SystemClock())
    job = EmitChangedCounts(database=database, pause_seconds=0.0, backlog_seconds=inf)

    async def publish() -> None:
        for number in range(25):
            await publisher.send(name=f"name {number}")

    async def review() -> None:
        for number in range(25):
            opinion = Opinion(rating=1 + number % 5, text="Good.")
            await post.post(publisher.plugin_id, opinion, user=somebody(), permitted=None)

    async def count() -> None:
        for _ in range(25):
            await tables.run(
                "INSERT INTO install_counts VALUES (:id, 1, clock_timestamp()) ON CONFLICT (plugin_id)"
                " DO UPDATE SET count = install_counts.count + 1, dirty_at = clock_timestamp()",
                id=publisher.plugin_id,
            )
            await job.emit()

    await asyncio.gather(publish(), review(), count(), _republish_all(database))
    await job.emit()
    documents = await tables.outbox(publisher.plugin_id)
    assert _is_rising([document.sequence for document in documents])
    last, row = documents[-1].payload, await tables.plugin(publisher.plugin_id)
    assert (last["name"], last["install_count"], last["rating_count"]) == ("name 24", 25, 25)
    assert (row.install_count, row.rating_count, row.rating_sum) == (25, 25, 75)
    for field in ("install_count", "rating_count"):
        figures = [document.payload[field] for document in documents]
        assert figures == sorted(figures), "figures may not fall back to an older snapshot"


async def test_a_republication_emits_every_listed_plugin_and_removes_what_is_suspended(
    publisher: Any, another_publisher: Any, tables: Any, database: Database
) -> None:
    await publisher.send(version="1.0.0")
    await another_publisher.send(version="1.0.0")
    await another_publisher.send(status="suspended")
    await _republish_all(database)
    listed, suspended = await tables.outbox(publisher.plugin_id), await tables.outbox(another_publisher.plugin_id)
    assert [event.sequence for event in listed] == [1, 2]
    assert listed[0].payload == listed[1].payload
    assert [(event.sequence, event.payload is None) for event in suspended] == [(1, False), (2, True), (3, True)]


async def test_a_republication_of_more_plugins_than_a_batch_reaches_each_once(tables: Any, database: Database) -> None:
    prefix = f"p-{uuid4().hex[:8]}"
    await tables.run(
        "INSERT INTO plugins (id, name, description, author_id, author_name, category, status, latest_version,"
        " published_at, updated_at, source_sequence) SELECT :prefix || '-' || n, 'N', 'D', gen_random_uuid(), 'A',"
        " 'data', 'published', '1.0.0', now(), now(), 1 FROM generate_series(1, 1200) AS n",
        prefix=prefix,
    )
    await _republish_all(database)
    rows = await tables.run(
        "SELECT aggregateid, count(*) AS events FROM outbox WHERE aggregateid LIKE :p GROUP BY 1", p=f"{prefix}-%"
    )
    assert len(rows) == 1200
    assert {row.events for row in rows} == {1}
    await tables.run("DELETE FROM plugins WHERE id LIKE :p", p=f"{prefix}-%")
    await tables.run("DELETE FROM outbox WHERE aggregateid LIKE :p", p=f"{prefix}-%")
