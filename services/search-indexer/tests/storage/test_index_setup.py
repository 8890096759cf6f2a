import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from opensearchpy import AsyncOpenSearch

from chassis.errors import ServiceUnavailableError
from search_indexer.domain.errors import IndexMissingError, NewerIndexReadError
from search_indexer.domain.generations import Generation, generation_name
from search_indexer.storage.connection import connect
from search_indexer.storage.index_setup import IndexSetup
from search_indexer.usecases.prepare_index import PrepareIndex
from search_indexer.usecases.rebuild_index import RebuildIndex
from search_indexer.usecases.tend_index import TendIndex


async def test_preparing_creates_the_first_generation_without_readers(
    setup: IndexSetup, engine: AsyncOpenSearch
) -> None:
    await PrepareIndex(setup=setup).execute()
    state = await setup.find_state()
    assert [each.index for each in state.generations] == [f"{setup.name}-000001"]
    assert state.read is None
    assert state.being_filled == state.newest
    mapping = (await engine.indices.get_mapping(index=f"{setup.name}-000001"))[f"{setup.name}-000001"]["mappings"]
    assert mapping["dynamic"] == "strict"


async def test_preparing_again_changes_nothing(setup: IndexSetup) -> None:
    await PrepareIndex(setup=setup).execute()
    before = await setup.find_state()
    await PrepareIndex(setup=setup).execute()
    assert await setup.find_state() == before


async def test_five_may_prepare_at_once(setup: IndexSetup) -> None:
    await asyncio.gather(*(PrepareIndex(setup=setup).execute() for _ in range(5)))
    assert len((await setup.find_state()).generations) == 1


async def test_five_may_rebuild_at_once_and_all_watch_the_same(shelf: Any) -> None:
    started = await asyncio.gather(*(RebuildIndex(setup=shelf.setup).start() for _ in range(5)))
    assert {each.number for each in started} == {2}
    assert len({each.uuid for each in started}) == 1
    assert await shelf.read() == shelf.name


async def test_a_dry_run_says_what_a_rebuild_would_do_and_does_nothing(shelf: Any) -> None:
    rebuild = RebuildIndex(setup=shelf.setup)
    plan = await rebuild.plan()
    assert (plan.number, plan.exists, plan.read) == (2, False, shelf.name)
    assert len((await shelf.setup.find_state()).generations) == 1
    await rebuild.start()
    assert (await rebuild.plan()).exists


async def test_a_changed_mapping_makes_a_new_index_and_readers_stay_at_the_full_one(
    shelf: Any, next_shelf: Any, engine: AsyncOpenSearch, alias: str
) -> None:
    before, after = shelf.setup, next_shelf.setup
    assert after.name != before.name
    await PrepareIndex(setup=after).execute()
    assert await next_shelf.read() == shelf.name
    assert (await before.find_state()).being_filled is None
    assert (await after.find_state()).being_filled == next_shelf.first
    assert not (await after.find_state()).serves_readers
    await after.promote(next_shelf.first)
    assert list(await engine.indices.get_alias(name=alias)) == [next_shelf.name]
    for setup in (before, after):
        assert (await setup.find_state()).being_filled is None
        assert (await setup.find_state()).serves_readers


async def test_an_older_release_does_not_rebuild_what_nobody_would_read(shelf: Any, next_shelf: Any) -> None:
    await next_shelf.setup.promote(next_shelf.first)
    with pytest.raises(NewerIndexReadError):
        await RebuildIndex(setup=shelf.setup).start()


async def test_an_older_release_whose_index_was_deleted_makes_none_that_would_take_the_readers(
    shelf: Any, next_shelf: Any, tending: Callable[..., TendIndex]
) -> None:
    await next_shelf.setup.promote(next_shelf.first)
    await shelf.setup.remove(shelf.first)
    with pytest.raises(IndexMissingError):
        await tending(shelf.setup).execute()
    assert (await shelf.setup.find_state()).newest is None


async def test_readers_are_not_sent_to_an_index_that_does_not_exist(shelf: Any, next_shelf: Any) -> None:
    await next_shelf.setup.remove(next_shelf.first)
    with pytest.raises(IndexMissingError):
        await next_shelf.setup.promote(next_shelf.first)
    assert await shelf.read() == shelf.name


async def test_an_index_that_was_created_anew_is_another_one(shelf: Any) -> None:
    await shelf.setup.remove(shelf.first)
    await shelf.setup.remove(shelf.first)
    state = await shelf.setup.find_state()
    assert (state.newest, state.read, state.serves_readers) == (None, None, False)
    await shelf.setup.create(1)
    newest = (await shelf.setup.find_state()).newest
    assert newest.index == shelf.name
    assert newest.group != shelf.first.group


async def test_indices_of_others_are_not_taken_for_generations(shelf: Any, engine: AsyncOpenSearch) -> None:
    for other in (f"{shelf.setup.name}-notes", f"{shelf.setup.name}-0000021"):
        await engine.indices.create(index=other)
    assert (await shelf.setup.find_state()).generations == [shelf.first]


async def test_an_engine_that_is_away_is_said_to_be_away(alias: str) -> None:
    async with connect("http://127.0.0.1:9") as away:
        setup = IndexSetup(client=away, alias=alias)
        some = Generation(index=generation_name(setup.name, 1), number=1, uuid="x", created_ms=1)
        for attempt in (
            lambda: setup.create(1),
            setup.find_state,
            lambda: setup.promote(some),
            lambda: setup.remove(some),
            lambda: setup.count(some.index),
        ):
            with pytest.raises(ServiceUnavailableError):
                await attempt()
