"""What is old goes, and nobody who may still come back misses anything."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from catalog.domain.change_pages import Mark, Since
from catalog.domain.errors import ChangesGoneError
from catalog.usecases.prune_changes import BATCH_ROWS, PruneChanges
from catalog.usecases.read_changes import ReadChanges
from catalog.usecases.record_changes import RecordChanges
from chassis.db import Database

DAY_SECONDS = 86_400


@pytest.fixture
def prune(database: Database) -> PruneChanges:
    return PruneChanges(database=database)


async def _age(tables: Any, days: float, *facts: Any) -> None:
    await tables.run(
        "UPDATE changes SET added_at = added_at - make_interval(secs => :seconds) WHERE event_id = ANY(:ids)",
        seconds=days * DAY_SECONDS,
        ids=[fact.event_id for fact in facts],
    )


async def _kept(tables: Any, key: str) -> set[UUID]:
    return {row.event_id for row in await tables.run("SELECT event_id FROM changes WHERE key = :key", key=key)}


async def _is_gone(feed: ReadChanges, since: Since) -> bool:
    try:
        await feed.begin(since)
    except ChangesGoneError:
        return True
    return False


async def test_the_newest_document_of_each_plugin_stays_for_ever(
    record: RecordChanges, prune: PruneChanges, told: Any, tables: Any, reader_of: Any
) -> None:
    facts = [told.document(), told.document(), told.document(counts=True), told.document(counts=True), told.version()]
    await record.record(facts)
    await _age(tables, 400, *facts)
    assert await prune.prune() < BATCH_ROWS
    assert await _kept(tables, told.key) == {facts[1].event_id, facts[3].event_id}, "newest content, newest counts"
    assert await (await reader_of(told)).ids() == [facts[1].event_id]


async def test_replaced_counts_go_after_an_hour_and_the_rest_after_a_month(
    record: RecordChanges, prune: PruneChanges, told: Any, tables: Any
) -> None:
    facts = [told.document(), told.document(counts=True), told.document(counts=True), told.review(uuid4(), "x")]
    await record.record(facts)
    await _age(tables, 0.1, *facts)
    await prune.prune()
    assert await _kept(tables, told.key) == {facts[0].event_id, facts[2].event_id, facts[3].event_id}
    await _age(tables, 31.0, *facts)
    await prune.prune()
    assert await _kept(tables, told.key) == {facts[0].event_id, facts[2].event_id}


async def test_a_removal_outlives_the_documents_it_removes(
    record: RecordChanges, prune: PruneChanges, told: Any, tables: Any
) -> None:
    document, removal = told.document(), told.removal()
    await record.record([document, removal])
    await _age(tables, 32, document, removal)
    await prune.prune()
    assert await _kept(tables, told.key) == {removal.event_id}
    await _age(tables, 30, removal)
    await prune.prune()
    assert await _kept(tables, told.key) == set()
    await record.record([document])
    assert await _kept(tables, told.key) == set(), "what was removed does not come back with an old delivery"


async def test_who_was_away_too_long_is_told_so_and_who_was_not_goes_on(
    record: RecordChanges, prune: PruneChanges, feed: ReadChanges, told: Any, tables: Any, reader_of: Any
) -> None:
    document, review = told.document(), told.review(uuid4(), "x")
    await record.record([document])
    before = await feed.begin("now")
    await record.record([review])
    await _age(tables, 40, document, review)
    await prune.prune()
    after = await feed.begin("now")
    month_ago = before.caught_up_at - 31 * DAY_SECONDS
    assert await _is_gone(feed, Mark(position=before.position, caught_up_at=month_ago))
    assert await _is_gone(feed, document.event_id), "what came after it is no longer there"
    assert await _is_gone(feed, review.event_id)
    assert await _is_gone(feed, uuid4())
    assert await _is_gone(feed, Mark(position=after.position + 10**9, caught_up_at=after.caught_up_at))
    assert not await _is_gone(feed, before), "it had everything a moment ago"
    assert not await _is_gone(feed, Mark(position=after.position, caught_up_at=month_ago)), "nothing came since"
    assert await (await reader_of(told)).ids() == [document.event_id]
