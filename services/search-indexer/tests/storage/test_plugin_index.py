from collections.abc import Callable, Iterable
from typing import Any

import pytest
from opensearchpy import AsyncOpenSearch

from chassis.errors import ServiceUnavailableError
from contracts.envelope import Event
from contracts.search_index import feed_name
from search_indexer.domain.changes import Write, changes_of
from search_indexer.domain.errors import DocumentRefusedError, IndexMissingError
from search_indexer.storage import plugin_index
from search_indexer.storage.connection import connect
from search_indexer.storage.index_setup import IndexSetup
from search_indexer.storage.plugin_index import PluginIndex

MakeEvent = Callable[..., Event]


async def put(shelf: Any, *events: Event) -> None:
    await shelf.index.write(changes_of(events).writes)
    await shelf.index.refresh()


async def test_what_was_written_is_found_after_a_refresh(shelf: Any, event: MakeEvent) -> None:
    await put(shelf, event("chart", 1), event("map", 1, name="Map"))
    assert await shelf.names() == {"chart": "Name of chart", "map": "Map"}


async def test_the_summary_is_stored_as_the_api_answers_it(
    shelf: Any, engine: AsyncOpenSearch, event: MakeEvent
) -> None:
    await put(shelf, event("chart", 1))
    stored = (await engine.get(index=shelf.name, id="chart"))["_source"]
    assert stored == {
        "summary": {
            "id": "chart",
            "name": "Name of chart",
            "description": "Draws charts.",
            "author": {"id": "00000000-0000-0000-0000-000000000007", "name": "Ann"},
            "category": "visualization",
            "tags": ["chart", "svg"],
            "icon_url": None,
            "latest_version": "1.2.3",
            "rating": {"average": 4.5, "count": 2},
            "install_count": 10,
            "published_at": "2026-05-04T12:30:00.000250Z",
            "updated_at": "2026-05-04T12:30:00.000250Z",
        }
    }


async def test_an_older_document_never_overwrites_a_newer_one(shelf: Any, event: MakeEvent) -> None:
    await put(shelf, event("chart", 7, name="new"))
    await put(shelf, event("chart", 6, name="old"))
    assert await shelf.names() == {"chart": "new"}


async def test_a_repeat_changes_nothing(shelf: Any, event: MakeEvent) -> None:
    batch = [event("chart", 7, name="new"), event("map", 3, removed=True)]
    await put(shelf, *batch)
    await put(shelf, *batch)
    assert await shelf.names() == {"chart": "new"}


async def test_after_a_tombstone_an_older_document_stays_away(shelf: Any, event: MakeEvent) -> None:
    await put(shelf, event("chart", 1))
    await put(shelf, event("chart", 3, removed=True))
    await put(shelf, event("chart", 2))
    assert await shelf.names() == {}


async def test_a_tombstone_of_what_never_was_keeps_older_documents_away(shelf: Any, event: MakeEvent) -> None:
    await put(shelf, event("chart", 3, removed=True))
    await put(shelf, event("chart", 2))
    assert await shelf.names() == {}


async def test_an_older_tombstone_removes_nothing(shelf: Any, event: MakeEvent) -> None:
    await put(shelf, event("chart", 4))
    await put(shelf, event("chart", 3, removed=True))
    assert "chart" in await shelf.names()


async def test_a_restored_plugin_comes_back(shelf: Any, event: MakeEvent) -> None:
    await put(shelf, event("chart", 1), event("chart", 2, removed=True))
    await put(shelf, event("chart", 3, name="back"))
    assert await shelf.names() == {"chart": "back"}


async def test_removals_outrank_late_documents_for_a_day(shelf: Any, engine: AsyncOpenSearch) -> None:
    settings = await engine.indices.get_settings(index=shelf.name, name="index.gc_deletes")
    assert settings[shelf.name]["settings"]["index"]["gc_deletes"] == "24h"


async def test_a_batch_larger_than_a_request_is_split(
    shelf: Any, event: MakeEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugin_index, "BULK_BYTES", 5_000)
    await put(shelf, *(event(f"plugin-{number}", 1) for number in range(60)))
    assert len(await shelf.names()) == 60


@pytest.mark.parametrize(
    "changes",
    [
        {"description": "x" * 200_000},
        {"name": "🎉" * 200},
        {"tags": ()},
        {"tags": tuple(f"tag-{number}" for number in range(500))},
        {"name": "\u202e\u0301", "description": ""},
        {"install_count": 2**53},
        {"install_count": 0, "rating_count": 0, "rating_average": 0.0},
        {"rating_count": 2**31 - 1, "rating_average": 5.0},
        {"author": {"id": "00000000-0000-0000-0000-000000000001", "name": ""}},
        {"name": "a" * 40_000},
    ],
)
async def test_odd_but_lawful_documents_are_indexed(shelf: Any, event: MakeEvent, changes: dict[str, Any]) -> None:
    await put(shelf, event("odd", 1, **changes))
    assert "odd" in await shelf.names()


async def test_documents_that_do_not_fit_the_mapping_are_refused_and_the_others_written(
    shelf: Any, event: MakeEvent
) -> None:
    good: Iterable[Write] = changes_of([event("chart", 1)]).writes
    with pytest.raises(DocumentRefusedError, match="bad"):
        await shelf.index.write([Write(plugin_id="bad", version=1, document={"unheard_of": 1}), *good])
    await shelf.index.refresh()
    assert list(await shelf.names()) == ["chart"]


async def test_a_write_never_creates_an_index(shelf: Any, engine: AsyncOpenSearch, event: MakeEvent) -> None:
    await engine.indices.delete(index=shelf.name)
    with pytest.raises(IndexMissingError):
        await shelf.index.write(changes_of([event("chart", 1)]).writes)
    with pytest.raises(IndexMissingError):
        await shelf.index.refresh()
    assert not await engine.indices.exists(index=shelf.name)
    assert not await engine.indices.exists(index=feed_name(shelf.name))


async def test_a_blocked_index_is_waited_for(shelf: Any, engine: AsyncOpenSearch, event: MakeEvent) -> None:
    await engine.indices.put_settings(index=shelf.name, body={"index.blocks.write": True})
    with pytest.raises(ServiceUnavailableError):
        await shelf.index.write(changes_of([event("chart", 1)]).writes)


async def test_an_engine_that_is_away_is_said_to_be_away(setup: IndexSetup, event: MakeEvent) -> None:
    async with connect("http://127.0.0.1:9") as away:
        index = PluginIndex(client=away, index=setup.name)
        with pytest.raises(ServiceUnavailableError):
            await index.write(changes_of([event("chart", 1)]).writes)
        with pytest.raises(ServiceUnavailableError):
            await index.refresh()
