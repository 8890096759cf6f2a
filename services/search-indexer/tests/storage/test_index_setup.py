import asyncio
from typing import Any

import pytest
from opensearchpy import AsyncOpenSearch

from chassis.errors import ServiceUnavailableError
from search_indexer.domain.errors import IndexMissingError
from search_indexer.storage.connection import connect
from search_indexer.storage.index_setup import IndexSetup
from search_indexer.usecases.prepare_index import PrepareIndex


async def test_preparing_creates_the_index_and_its_alias(
    setup: IndexSetup, engine: AsyncOpenSearch, alias: str
) -> None:
    await PrepareIndex(setup=setup).execute()
    assert list(await engine.indices.get_alias(name=alias)) == [setup.index]
    mapping = (await engine.indices.get_mapping(index=alias))[setup.index]["mappings"]
    assert mapping["dynamic"] == "strict"


async def test_preparing_again_changes_nothing(setup: IndexSetup) -> None:
    await PrepareIndex(setup=setup).execute()
    before = await setup.get_generation()
    await PrepareIndex(setup=setup).execute()
    assert await setup.get_generation() == before


async def test_five_may_prepare_at_once(setup: IndexSetup, engine: AsyncOpenSearch, alias: str) -> None:
    await asyncio.gather(*(PrepareIndex(setup=setup).execute() for _ in range(5)))
    assert list(await engine.indices.get_alias(name=alias)) == [setup.index]


async def test_a_changed_mapping_makes_a_new_index_and_readers_stay_at_the_full_one(
    shelf: Any, next_shelf: Any, engine: AsyncOpenSearch, alias: str
) -> None:
    before, after = shelf.setup, next_shelf.setup
    assert after.index != before.index
    await PrepareIndex(setup=after).execute()
    assert await after.find_current() == before.index
    assert await before.is_older_than(after.index)
    assert not await after.is_older_than(before.index)
    await after.promote()
    assert list(await engine.indices.get_alias(name=alias)) == [after.index]


async def test_readers_are_not_sent_to_an_index_that_does_not_exist(
    shelf: Any, next_shelf: Any, engine: AsyncOpenSearch
) -> None:
    await engine.indices.delete(index=next_shelf.setup.index)
    with pytest.raises(IndexMissingError):
        await next_shelf.setup.promote()
    assert await shelf.setup.find_current() == shelf.setup.index


async def test_an_index_that_was_created_anew_is_another_one(setup: IndexSetup, engine: AsyncOpenSearch) -> None:
    await setup.create()
    before = await setup.get_generation()
    await engine.indices.delete(index=setup.index)
    with pytest.raises(IndexMissingError):
        await setup.get_generation()
    await setup.create()
    assert await setup.get_generation() != before


async def test_an_engine_that_is_away_is_said_to_be_away(alias: str) -> None:
    async with connect("http://127.0.0.1:9") as away:
        setup = IndexSetup(client=away, alias=alias)
        for attempt in (setup.create, setup.find_current, setup.promote, setup.get_generation):
            with pytest.raises(ServiceUnavailableError):
                await attempt()
