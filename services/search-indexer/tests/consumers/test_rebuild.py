"""Lost, rebuilt, changed: readers always have a full index or none."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

import pytest
from opensearchpy import AsyncOpenSearch

from chassis.kafka import Kafka
from contracts.envelope import Event
from contracts.topics import INSTALLS
from search_indexer.clients.feed_progress import FeedProgress
from search_indexer.clients.purges import CachePurges
from search_indexer.domain.changes import changes_of
from search_indexer.domain.generations import generation_name
from search_indexer.jobs import watch_rebuild
from search_indexer.jobs.watch_rebuild import RebuildWatch
from search_indexer.storage.index_setup import IndexSetup
from search_indexer.usecases.rebuild_index import RebuildIndex
from search_indexer.usecases.tend_index import TendIndex
from testkit.waiting import eventually

MakeEvent = Callable[..., Event]
Publish = Callable[..., Awaitable[None]]
Tending = Callable[..., TendIndex]


@pytest.fixture
def own() -> str:
    """A plugin id that no other test uses: the topic is shared by all of them."""
    return f"chart-{uuid.uuid4().hex[:12]}"


async def has(shelf: Any, plugin_id: str, name: str | None = None, *, index: str | None = None) -> bool:
    names = await shelf.names(index)
    return plugin_id in names and name in {None, names[plugin_id]}


async def reads(shelf: Any, index: str) -> bool:
    return bool(await shelf.read() == index)


async def test_a_lost_index_is_made_again_and_has_no_readers_before_it_is_full(
    shelf: Any, engine: AsyncOpenSearch, feeding: Any, publish: Publish, event: MakeEvent, own: str, alias: str
) -> None:
    gone = f"{own}-gone"
    async with feeding(shelf):
        await publish([event(own, 1, name="first"), event(own, 2, name="second"), event(gone, 1)])
        await publish([event(gone, 2, removed=True)])
        await eventually(lambda: has(shelf, own, "second"))
        whole = (await shelf.names()).keys() - {gone}
        await engine.indices.delete(index=shelf.name)

        async def is_read() -> bool:
            if await shelf.read() is None:
                return False
            # From the first moment at which readers have it.
            assert await shelf.names(alias) == await shelf.names()
            assert (await shelf.names(alias)).keys() >= whole
            return True

        await eventually(is_read, timeout_seconds=30)
        assert await has(shelf, own, "second")
        assert gone not in await shelf.names()
        await publish([event(f"{own}-new", 1)])
        await eventually(lambda: has(shelf, f"{own}-new"))


async def test_a_rebuild_while_documents_change_moves_readers_and_removes_the_former_index(
    shelf: Any, feeding: Any, publish: Publish, event: MakeEvent, own: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_rebuild, "LOOK_SECONDS", 0.1)
    said: list[str] = []
    numbers = count(2)
    second = generation_name(shelf.setup.name, 2)

    async def keep_changing() -> None:
        for number in numbers:
            await publish([event(own, number, name=f"name {number}"), event(f"{own}-{number}", 1)])
            await asyncio.sleep(0.02)

    async with feeding(shelf, grace_seconds=0.5):
        await publish([event(own, 1)])
        await eventually(lambda: has(shelf, own))
        changing = asyncio.create_task(keep_changing())
        watch = RebuildWatch(rebuild=RebuildIndex(setup=shelf.setup), say=said.append)
        await asyncio.wait_for(watch.run(), 40)
        assert await shelf.read() == second
        changing.cancel()
        await asyncio.gather(changing, return_exceptions=True)
        last = next(numbers) - 2  # the one that was cut off may not have been sent
        await eventually(lambda: has(shelf, f"{own}-{last}", index=second))
        assert (await shelf.names(second)).keys() >= {f"{own}-{number}" for number in range(2, last + 1)}

        async def former_is_gone() -> bool:
            return [each.index for each in (await shelf.setup.find_state()).generations] == [second]

        await eventually(former_is_gone)
    assert said[0].startswith(f"Creating {second}")
    assert "documents" in said[-1]


async def test_a_rebuild_goes_on_without_its_watcher_and_is_joined_by_the_next(
    shelf: Any, feeding: Any, publish: Publish, event: MakeEvent, own: str
) -> None:
    await publish([event(own, 1)])
    said: list[str] = []
    rebuild = RebuildIndex(setup=shelf.setup)
    left = asyncio.create_task(RebuildWatch(rebuild=rebuild, say=said.append).run())
    await eventually(lambda: len(said) > 1)
    left.cancel()
    await asyncio.gather(left, return_exceptions=True)
    async with feeding(shelf):
        await asyncio.wait_for(RebuildWatch(rebuild=rebuild, say=said.append).run(), 40)
    assert sum(line.startswith("Creating") for line in said) == 1
    assert sum(line.startswith("Joining") for line in said) == 1
    assert await has(shelf, own, index=generation_name(shelf.setup.name, 2))


async def test_caches_are_told_by_the_feed_of_the_index_that_is_read(
    shelf: Any,
    feeding: Any,
    publish: Publish,
    event: MakeEvent,
    own: str,
    monkeypatch: pytest.MonkeyPatch,
    purges: CachePurges,
    progress: FeedProgress,
) -> None:
    told: list[str] = []

    async def note(groups: list[str]) -> None:
        told.extend(groups)

    await publish([event(f"{own}-{number}", 1) for number in range(50)])
    async with feeding(shelf):
        await eventually(lambda: progress.has_caught_up(shelf.first.group), timeout_seconds=30)
        monkeypatch.setattr(purges, "publish", note)
        second = await RebuildIndex(setup=shelf.setup).start()
        await eventually(lambda: reads(shelf, second.index), timeout_seconds=30)
        assert "plugins" in told
        assert not [group for group in told if group.startswith("plugin:")]
        await publish([event(f"{own}-new", 1)])
        await eventually(lambda: has(shelf, f"{own}-new", index=second.index))
        await eventually(lambda: f"plugin:{own}-new" in told)


async def test_readers_are_not_given_an_index_from_a_topic_that_lost_its_documents(
    shelf: Any, feeding: Any, publish: Publish, event: MakeEvent, own: str, tending: Tending
) -> None:
    await publish([event(own, 1)])
    names = [f"{own}-{number}" for number in range(2_000)]
    async with feeding(shelf):
        await eventually(lambda: has(shelf, own))
        # As if they had come from the topic, which does not have them any more.
        for begin in range(0, len(names), 500):
            await shelf.index.write(changes_of([event(name, 1) for name in names[begin : begin + 500]]).writes)
        await shelf.index.refresh()
        second = await RebuildIndex(setup=shelf.setup).start()
        await eventually(lambda: has(shelf, own, index=second.index), timeout_seconds=30)
        state = await tending(shelf.setup).execute()
        assert state.being_read == shelf.first
        await tending(shelf.setup).force()
        assert await shelf.read() == second.index


async def test_readers_move_to_a_new_mapping_when_it_holds_everything(
    shelf: Any, next_shelf: Any, feeding: Any, publish: Publish, event: MakeEvent, own: str
) -> None:
    async with feeding(shelf, grace_seconds=0.0):
        await publish([event(f"{own}-{number}", 1) for number in range(20)])
        await eventually(lambda: has(shelf, f"{own}-19"))
        assert await shelf.read() == shelf.name
        async with feeding(next_shelf, grace_seconds=0.0):
            await eventually(lambda: reads(shelf, next_shelf.name), timeout_seconds=30)
            assert (await next_shelf.names()).keys() >= {f"{own}-{number}" for number in range(20)}

            # The release before is still at work; it must not take its readers back, nor lose its index.
            await publish([event(f"{own}-late", 1)])
            await eventually(lambda: has(shelf, f"{own}-late"))
            await eventually(lambda: has(next_shelf, f"{own}-late"))
            assert await shelf.read() == next_shelf.name


async def test_a_new_mapping_is_not_read_before_it_is_filled(
    shelf: Any, next_shelf: Any, publish: Publish, event: MakeEvent, own: str, tending: Tending
) -> None:
    await publish([event(own, 1)])
    await tending(next_shelf.setup).execute()
    assert await next_shelf.read() == shelf.name


async def test_an_operator_can_return_to_the_release_before(shelf: Any, next_shelf: Any, tending: Tending) -> None:
    await tending(next_shelf.setup).force()
    assert await shelf.read() == next_shelf.name
    await tending(shelf.setup).force()
    assert await shelf.read() == shelf.name


async def test_on_a_new_platform_readers_have_the_empty_index_at_once(
    setup: IndexSetup, kafka_topics: Kafka, purges: CachePurges
) -> None:
    empty = FeedProgress(kafka=kafka_topics, topic=INSTALLS.name)
    tend = TendIndex(setup=setup, progress=empty, purges=purges)
    assert (await tend.execute()).serves_readers
    await tend.check()
