"""The whole way: topic → index → caches."""

import json
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from redis.asyncio import Redis
from redis.asyncio.client import PubSub

from chassis.kafka import Kafka
from contracts.envelope import Event
from contracts.topics import PLUGIN_DOCUMENTS
from search_indexer.clients.purges import CHANNEL, CachePurges
from search_indexer.domain.errors import DocumentInvalidError
from search_indexer.usecases.apply_documents import ApplyDocuments
from testkit.waiting import eventually

MakeEvent = Callable[..., Event]
Publish = Callable[..., Awaitable[None]]


@pytest.fixture
def own() -> str:
    """A plugin id that no other test uses: the topic is shared by all of them."""
    return f"chart-{uuid.uuid4().hex[:12]}"


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
    kafka_topics: Kafka,
) -> None:
    poison = replace(event(f"{own}-bad", 1), data=b'{"plugin_id": 7}')
    async with feeding(shelf):
        await publish([event(own, 1), poison, event(f"{own}-after", 1)])
        await eventually(lambda: has(shelf, own))
        await eventually(lambda: has(shelf, f"{own}-after"))
        letters = AIOKafkaConsumer(
            kafka_topics.named(PLUGIN_DOCUMENTS.dead_letters),
            bootstrap_servers=kafka_topics.bootstrap_servers,
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


async def test_the_good_ones_of_a_failed_batch_are_applied_and_cost_nothing_when_they_come_again(
    shelf: Any, purges: CachePurges, event: MakeEvent, own: str
) -> None:
    apply = ApplyDocuments(index=shelf.index, purges=purges)
    good = [event(f"{own}-{number}", 1) for number in range(40)]
    poison = replace(event(f"{own}-bad", 1), data=b'{"plugin_id": 7}')
    with pytest.raises(DocumentInvalidError):
        await apply.execute([*good[:20], poison, *good[20:]])
    assert len(await shelf.names()) == 40
    started = time.monotonic()
    for number, each in enumerate(good):
        await apply.execute([each])
        if number == 20:
            with pytest.raises(DocumentInvalidError):
                await apply.execute([poison])
    assert time.monotonic() - started < 0.25, "no refresh was waited for"
    with pytest.raises(DocumentInvalidError):
        await apply.execute([poison])
    await apply.execute([event(own, 1)])
    assert own in await shelf.names()


async def test_refreshes_are_at_most_four_a_second(shelf: Any, purges: CachePurges, event: MakeEvent, own: str) -> None:
    apply = ApplyDocuments(index=shelf.index, purges=purges)
    started = time.monotonic()
    await apply.execute([event(own, 1)])
    assert time.monotonic() - started < 0.25, "after rest nothing is waited for"
    for sequence in range(2, 6):
        await apply.execute([event(own, sequence)])
    assert time.monotonic() - started >= 4 * 0.25


async def has(shelf: Any, plugin_id: str, name: str | None = None) -> bool:
    names = await shelf.names()
    return plugin_id in names and name in {None, names[plugin_id]}
