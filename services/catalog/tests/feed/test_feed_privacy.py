"""What is not public does not get out, whenever it arrives and whenever it is read."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from catalog.domain.changes import ChangeType
from catalog.usecases.record_changes import RecordChanges


async def test_versions_and_reviews_wait_for_the_first_document(
    record: RecordChanges, told: Any, reader_of: Any
) -> None:
    reader = await reader_of(told, since="now")
    version, review = told.version(), told.review(uuid4(), "Good.")
    await record.record([told.standing(suspended=False), version, review])
    assert await reader.ids() == []
    document = told.document()
    await record.record([document])
    assert await reader.ids() == [document.event_id, version.event_id, review.event_id]


async def test_of_a_suspended_plugin_only_the_removal_is_told(record: RecordChanges, told: Any, reader_of: Any) -> None:
    late = await reader_of(told, since="now")
    shown = [told.document(), told.version(), told.review(uuid4(), "Good.")]
    await record.record(shown)
    follower = await reader_of(told, since=late.mark)
    assert await follower.ids() == [fact.event_id for fact in shown]
    await record.record([told.standing(suspended=True)])
    assert await (await reader_of(told, since=late.mark)).ids() == [], "before the removal has even arrived"
    removal = told.removal()
    await record.record([removal])
    assert await follower.ids() == [removal.event_id]
    assert await late.ids() == [removal.event_id]


async def test_what_happens_while_a_plugin_is_suspended_waits_for_its_return(
    record: RecordChanges, told: Any, reader_of: Any
) -> None:
    await record.record([told.document()])
    reader = await reader_of(told, since="now")
    suspended, version, late_review = told.standing(suspended=True), told.version(), told.review(uuid4(), "Late.")
    removal = told.removal()
    await record.record([suspended, version, removal, late_review])
    assert await reader.ids() == [removal.event_id]
    restored, document = told.standing(suspended=False), told.document()
    await record.record([restored])
    assert await reader.ids() == [], "its document is not there yet"
    await record.record([document])
    assert await reader.ids() == [document.event_id, version.event_id, late_review.event_id]


async def test_a_document_that_overtakes_the_restoration_shows_nothing_yet(
    record: RecordChanges, told: Any, reader_of: Any
) -> None:
    await record.record([told.document(), told.standing(suspended=True), told.removal()])
    reader = await reader_of(told, since="now")
    document, version = told.document(), told.version()
    await record.record([document, version])
    assert await reader.ids() == []
    await record.record([told.standing(suspended=False)])
    assert await reader.ids() == [document.event_id, version.event_id], "and whoever follows has not passed it over"


async def test_a_document_from_before_the_suspension_that_comes_late_is_never_told(
    record: RecordChanges, told: Any, reader_of: Any
) -> None:
    await record.record([told.document()])
    reader = await reader_of(told, since="now")
    await record.record([told.standing(suspended=True)])
    await record.record([told.document()])
    removal, document = told.removal(), told.document()
    await record.record([removal])
    await record.record([told.standing(suspended=False), document])
    assert await reader.ids() == [removal.event_id, document.event_id]


async def test_a_review_that_was_changed_or_removed_is_erased_and_its_id_still_resumes(
    record: RecordChanges, told: Any, reader_of: Any, tables: Any
) -> None:
    ann, bob = uuid4(), uuid4()
    first, second, other = told.review(ann, "angry words"), told.review(ann, "calm"), told.review(bob, "mine")
    await record.record([told.document(), first, other])
    await record.record([second])
    reviews = (ChangeType.REVIEW_POSTED, ChangeType.REVIEW_REMOVED)
    assert await (await reader_of(told)).ids(types=reviews) == [other.event_id, second.event_id]
    assert await (await reader_of(told, since=first.event_id)).ids() == [other.event_id, second.event_id]
    removal = told.review_removal(ann)
    await record.record([removal])
    assert await (await reader_of(told)).ids(types=reviews) == [other.event_id, removal.event_id]
    rows = await tables.run("SELECT data::text AS data FROM changes WHERE key = :key", key=told.key)
    assert not [row for row in rows if row.data and ("angry" in row.data or "calm" in row.data)]


async def test_readers_are_spared_counts_but_for_the_first_document(
    record: RecordChanges, told: Any, reader_of: Any
) -> None:
    first, counts, content = told.document(counts=True), told.document(counts=True), told.document()
    await record.record([first, counts, content])
    assert await (await reader_of(told)).ids() == [first.event_id, content.event_id]
    everything = [first.event_id, counts.event_id, content.event_id]
    assert await (await reader_of(told)).ids(with_figures=True) == everything


async def test_what_is_too_old_to_be_kept_is_not_taken_in_again(
    record: RecordChanges, told: Any, reader_of: Any
) -> None:
    old = told.version(at=datetime.now(UTC) - timedelta(days=31))
    await record.record([told.document(), old])
    assert old.event_id not in await (await reader_of(told)).ids()
