"""The whole way: topic → index → caches."""

import json
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from opensearchpy import AsyncOpenSearch
from redis.asyncio import Redis
from redis.asyncio.client import PubSub

from chassis.kafka import Kafka
from contracts.envelope import Event
from contracts.topics import PLUGIN_DOCUMENTS
from search_indexer.clients.feed_progress import FeedProgress
from search_indexer.clients.purges import CHANNEL, CachePurges
from search_indexer.usecases.apply_documents import ApplyDocuments
from search_indexer.usecases.promote_index import PromoteIndex
from testkit.waiting import eventually

MakeEvent = Callable[..., Event]
PromoteIndexOf = Callable[[Any], PromoteIndex]
Publish = Callable[..., Awaitable[None]]


@pytest.fixture
def own() -> str:
    """A plugin id that no other test uses: the topic is shared by all of them."""
    return f"chart-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def promotion(kafka_bootstrap_servers: str, topic_prefix: str, purges: CachePurges) -> PromoteIndexOf:
    kafka = Kafka(bootstrap_servers=kafka_bootstrap_servers, prefix=topic_prefix)
    progress = FeedProgress(kafka=kafka, topic=PLUGIN_DOCUMENTS.name)
    return lambda shelf: PromoteIndex(setup=shelf.setup, progress=progress, purges=purges)


@pytest.fixture
async def heard(redis_url: str) -> AsyncIterator[PubSub]:
    """What is said to caches from now on."""
    client = Redis.from_url(redis_url)
    async with client, client.pubsub(ignore_subscribe_messages=True) as channel:
        await channel.subscribe(CHANNEL)
        yield channel


async def groups_about(channel: PubSub, plugin_id: str) -> list[str]:
    """Wait for the purge that names the plugin; other test sessions speak on the same channel."""

    async def find() -> list[str] | None:
        message = await channel.get_message(timeout=0.05)
        groups: list[str] = json.loads(message["data"])["groups"] if message else []
        return groups if f"plugin:{plugin_id}" in groups else None

    return await eventually(find, saying=f"a purge of {plugin_id}") or []


async def test_a_document_is_searchable_within_two_seconds(
    shelf: Any, feeding: Any, publish: Publish, event: MakeEvent, own: str
) -> None:
    async with feeding(shelf):
        await publish([event(own, 1)])
        await eventually(lambda: has(shelf, own))
        started = time.monotonic()
        await publish([event(f"{own}-2", 1)])
        await eventually(lambda: has(shelf, f"{own}-2"))
        assert time.monotonic() - started < 2.0


async def test_a_purge_follows_when_the_document_can_be_found(
    shelf: Any, feeding: Any, publish: Publish, event: MakeEvent, own: str, heard: PubSub
) -> None:
    async with feeding(shelf):
        await publish([event(own, 1)])
        assert {f"plugin:{own}", "plugins", "categories"} <= set(await groups_about(heard, own))
        assert own in await shelf.names()


async def test_changed_counts_purge_the_plugin_alone(
    shelf: Any, purges: CachePurges, event: MakeEvent, own: str, heard: PubSub
) -> None:
    apply = ApplyDocuments(index=shelf.index, purges=purges)
    await apply.execute([event(own, 2, change="counts", install_count=99)])
    assert await groups_about(heard, own) == [f"plugin:{own}"]


async def test_a_removal_purges_the_lists(
    shelf: Any, purges: CachePurges, event: MakeEvent, own: str, heard: PubSub
) -> None:
    apply = ApplyDocuments(index=shelf.index, purges=purges)
    await apply.execute([event(own, 1, change="counts")])
    assert await groups_about(heard, own) == [f"plugin:{own}"]
    await apply.execute([event(own, 2, removed=True)])
    assert await groups_about(heard, own) == [f"plugin:{own}", "plugins", "categories"]


async def test_without_redis_the_index_goes_on(shelf: Any, event: MakeEvent, own: str) -> None:
    away = CachePurges(url="redis://127.0.0.1:9/0")
    await ApplyDocuments(index=shelf.index, purges=away).execute([event(own, 1)])
    await away.close()
    assert own in await shelf.names()


async def test_late_and_repeated_records_leave_the_newest(
    shelf: Any, feeding: Any, publish: Publish, event: MakeEvent, own: str
) -> None:
    gone, done = f"{own}-gone", f"{own}-done"
    newest = event(own, 5, name="newest")
    async with feeding(shelf):
        await publish([newest, event(gone, 1), event(gone, 3, removed=True)], partition=0)
        await eventually(lambda: has(shelf, own))
        # In one partition, so that the last of them tells when all have been applied.
        await publish([event(own, 4, name="late"), event(gone, 2), newest, event(done, 1)], partition=0)
        await eventually(lambda: has(shelf, done))
        names = await shelf.names()
        assert names[own] == "newest"
        assert gone not in names


async def test_a_poisoned_record_goes_to_the_dead_letters_and_holds_nothing_up(
    shelf: Any,
    feeding: Any,
    publish: Publish,
    event: MakeEvent,
    own: str,
    kafka_bootstrap_servers: str,
    topic_prefix: str,
) -> None:
    poison = replace(event(f"{own}-bad", 1), data=b'{"plugin_id": 7}')
    async with feeding(shelf):
        await publish([event(own, 1), poison, event(f"{own}-after", 1)])
        await eventually(lambda: has(shelf, own))
        await eventually(lambda: has(shelf, f"{own}-after"))
        letters = AIOKafkaConsumer(
            topic_prefix + PLUGIN_DOCUMENTS.dead_letters,
            bootstrap_servers=kafka_bootstrap_servers,
            auto_offset_reset="earliest",
        )
        await letters.start()
        try:

            async def poison_arrived() -> bool:
                found = await letters.getmany(timeout_ms=100)
                return any(record.key == poison.key.encode() for records in found.values() for record in records)

            await eventually(poison_arrived)
        finally:
            await letters.stop()


async def test_an_index_that_was_lost_is_filled_again_from_the_topic(
    shelf: Any, engine: AsyncOpenSearch, feeding: Any, publish: Publish, event: MakeEvent, own: str
) -> None:
    gone = f"{own}-gone"
    async with feeding(shelf):
        await publish([event(own, 1, name="first"), event(own, 2, name="second"), event(gone, 1)])
        await publish([event(gone, 2, removed=True)])
        await eventually(lambda: has(shelf, own, "second"))

        await engine.indices.delete(index=shelf.setup.index)
        await shelf.setup.create()
        await shelf.setup.promote()

        await eventually(lambda: has(shelf, own, "second"), timeout_seconds=30)
        await publish([event(f"{own}-new", 1)])
        await eventually(lambda: has(shelf, f"{own}-new"))
        assert gone not in await shelf.names()


async def test_readers_move_to_a_new_mapping_when_it_holds_everything(
    shelf: Any, next_shelf: Any, feeding: Any, publish: Publish, event: MakeEvent, own: str
) -> None:
    async with feeding(shelf):
        await publish([event(f"{own}-{number}", 1) for number in range(20)])
        await eventually(lambda: has(shelf, f"{own}-19"))
        assert await next_shelf.setup.find_current() == shelf.setup.index
        async with feeding(next_shelf):
            await eventually(lambda: reads(shelf, next_shelf.setup.index), timeout_seconds=30)
            assert (await next_shelf.names()).keys() >= {f"{own}-{number}" for number in range(20)}

            # The release before is still at work; it must not take its readers back.
            await publish([event(f"{own}-late", 1)])
            await eventually(lambda: has(shelf, f"{own}-late"))
            await eventually(lambda: has(next_shelf, f"{own}-late"))
            assert await shelf.setup.find_current() == next_shelf.setup.index


async def test_a_new_mapping_is_not_read_before_it_is_filled(
    shelf: Any, next_shelf: Any, publish: Publish, event: MakeEvent, own: str, promotion: PromoteIndexOf
) -> None:
    await publish([event(own, 1)])
    await promotion(next_shelf).execute(group=f"nobody.{own}")
    assert await next_shelf.setup.find_current() == shelf.setup.index


async def test_an_operator_can_return_to_the_release_before(
    shelf: Any, next_shelf: Any, promotion: PromoteIndexOf
) -> None:
    await promotion(next_shelf).force()
    assert await shelf.setup.find_current() == next_shelf.setup.index
    await promotion(shelf).force()
    assert await shelf.setup.find_current() == shelf.setup.index


async def test_refreshes_are_at_most_four_a_second(shelf: Any, purges: CachePurges, event: MakeEvent, own: str) -> None:
    apply = ApplyDocuments(index=shelf.index, purges=purges)
    started = time.monotonic()
    await apply.execute([event(own, 1)])
    assert time.monotonic() - started < 0.25, "after rest nothing is waited for"
    for sequence in range(2, 6):
        await apply.execute([event(own, sequence)])
    assert time.monotonic() - started >= 4 * 0.25


async def reads(shelf: Any, index: str) -> bool:
    return bool(await shelf.setup.find_current() == index)


async def has(shelf: Any, plugin_id: str, name: str | None = None) -> bool:
    names = await shelf.names()
    return plugin_id in names and name in {None, names[plugin_id]}
