import uuid
from collections.abc import Callable
from dataclasses import replace

import pytest

from contracts.envelope import Event
from search_indexer.domain.changes import changes_of
from search_indexer.domain.errors import DocumentInvalidError

MakeEvent = Callable[..., Event]


def test_the_newest_of_each_plugin_is_written_once(event: MakeEvent) -> None:
    changes = changes_of([event("chart", 1, name="old"), event("map", 5), event("chart", 2, name="new")])
    assert [(write.plugin_id, write.version) for write in changes.writes] == [("chart", 2), ("map", 5)]
    assert changes.writes[0].document is not None
    assert changes.writes[0].document["summary"]["name"] == "new"


def test_an_older_event_after_a_newer_one_changes_nothing(event: MakeEvent) -> None:
    changes = changes_of([event("chart", 9, name="new"), event("chart", 8, name="old")])
    assert [write.version for write in changes.writes] == [9]
    assert changes.writes[0].document is not None
    assert changes.writes[0].document["summary"]["name"] == "new"


def test_a_tombstone_removes(event: MakeEvent) -> None:
    changes = changes_of([event("chart", 1), event("chart", 2, removed=True)])
    assert [(write.version, write.document) for write in changes.writes] == [(2, None)]


def test_counts_alone_leave_the_lists_in_the_caches(event: MakeEvent) -> None:
    assert changes_of([event("chart", 1, change="counts")]).stale_groups == ["plugin:chart"]


@pytest.mark.parametrize("removed", [True, False])
def test_content_and_removals_purge_the_lists(event: MakeEvent, removed: bool) -> None:
    groups = changes_of([event("chart", 1, removed=removed)]).stale_groups
    assert groups == ["plugin:chart", "plugins", "categories"]


def test_counts_after_content_in_one_batch_still_purge_the_lists(event: MakeEvent) -> None:
    groups = changes_of([event("chart", 1), event("chart", 2, change="counts")]).stale_groups
    assert "plugins" in groups


def test_types_that_are_not_known_are_ignored(event: MakeEvent) -> None:
    unknown = replace(event("chart", 1), type="plugin-document.v7")
    changes = changes_of([unknown])
    assert (list(changes.writes), list(changes.stale_groups)) == ([], [])


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b'{"plugin_id": "chart"}', b"\xff", b"[" * 100_000])
def test_what_is_no_document_is_refused(event: MakeEvent, data: bytes) -> None:
    with pytest.raises(DocumentInvalidError):
        changes_of([replace(event("chart", 1), data=data, id=uuid.uuid4())])


def test_a_document_under_another_key_is_refused(event: MakeEvent) -> None:
    with pytest.raises(DocumentInvalidError, match="is of 'chart'"):
        changes_of([replace(event("chart", 1), key="map")])
