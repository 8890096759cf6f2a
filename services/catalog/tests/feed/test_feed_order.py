"""One order for all: nothing is skipped, nothing comes twice, whoever writes at the same time."""

import asyncio
import random
from itertools import pairwise
from typing import Any

from sqlalchemy import text

from catalog.domain.change_pages import Wanted
from catalog.usecases.read_changes import ReadChanges
from catalog.usecases.record_changes import RecordChanges
from chassis.db import Database


async def test_a_reader_that_follows_concurrent_writers_gets_everything_once(
    feed: ReadChanges, record: RecordChanges, new_plugin: Any
) -> None:
    plugins = [new_plugin() for _ in range(12)]
    await record.record([plugin.document() for plugin in plugins])
    mark = await feed.begin("now")
    written: list[Any] = []

    async def write(plugin: Any) -> None:
        for _ in range(25):
            facts = [plugin.version() for _ in range(random.randint(1, 4))]
            written.extend(fact.event_id for fact in facts)
            await record.record(facts)

    async def follow() -> list[Any]:
        nonlocal mark
        found: list[Any] = []
        while not writing.done() or len(found) < len(written):
            page, mark = await feed.read(mark, Wanted(limit=7), wait_seconds=2)
            if writing.done() and not page.changes:
                break
            found += [change.event_id for change in page.changes]
        return found

    writing = asyncio.gather(*(write(plugin) for plugin in plugins))
    found = await follow()
    await writing
    assert len(found) == len(set(found))
    assert set(written) <= set(found)
    per_plugin = {plugin.key: [] for plugin in plugins}  # type: dict[str, list[int]]
    whole, _ = await feed.read(await feed.begin(found[0]), Wanted(limit=500), wait_seconds=0)
    for change in whole.changes:
        for key, sequences in per_plugin.items():
            if key.encode() in change.json:
                sequences.append(int(change.json.split(b'"sequence":')[1].split(b",")[0]))
    assert all(earlier < later for sequences in per_plugin.values() for earlier, later in pairwise(sequences))


async def test_a_writer_that_commits_late_holds_the_others_up_instead_of_being_skipped(
    record: RecordChanges, new_plugin: Any, database: Database, reader_of: Any
) -> None:
    plugin = new_plugin()
    reader = await reader_of(plugin, since="now")
    async with database.transaction() as connection:
        await connection.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended('changes:' || current_schema(), 0))")
        )
        writing = asyncio.create_task(record.record([plugin.document()]))
        done, _ = await asyncio.wait({writing}, timeout=0.3)
        assert not done
        assert await reader.ids() == []
    assert await writing == 1
    assert len(await reader.ids()) == 1


async def test_repeated_deliveries_change_nothing(record: RecordChanges, told: Any, reader_of: Any) -> None:
    facts = [told.document(), told.version(), told.document(), told.removal()]
    await asyncio.gather(*(record.record(facts) for _ in range(4)))
    reader = await reader_of(told)
    assert await reader.ids() == [facts[3].event_id]
    assert await record.record([*facts, *facts]) == 0
    assert await reader.ids() == []


async def test_an_older_document_that_comes_late_is_passed_over(
    record: RecordChanges, told: Any, reader_of: Any
) -> None:
    newest = told.document(sequence=7)
    await record.record([newest, told.document(sequence=6)])
    assert await (await reader_of(told)).ids() == [newest.event_id]


async def test_a_page_ends_at_its_limit_and_at_its_bytes(
    record: RecordChanges, told: Any, feed: ReadChanges, reader_of: Any
) -> None:
    mark = await feed.begin("now")
    facts = [told.document(text="x" * 1_000) for _ in range(10)]
    await record.record(facts)
    ids = [fact.event_id for fact in facts]
    page, next_mark = await feed.read(mark, Wanted(limit=4), wait_seconds=0)
    assert ([change.event_id for change in page.changes], page.is_last) == (ids[:4], False)
    page, _ = await feed.read(next_mark, Wanted(max_bytes=2_500), wait_seconds=0)
    assert [change.event_id for change in page.changes] == ids[4:7]
    page, _ = await feed.read(next_mark, Wanted(max_bytes=1), wait_seconds=0)
    assert [change.event_id for change in page.changes] == ids[4:5], "one, however long it is"
    reader = await reader_of(told)
    reader.mark = mark
    assert await reader.ids(limit=3, max_bytes=2_100) == ids
