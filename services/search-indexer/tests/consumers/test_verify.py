"""The index compared with its topic, and a topic's end that holds nothing to apply."""

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from opensearchpy import AsyncOpenSearch

from chassis.kafka import Kafka
from contracts.envelope import Event
from contracts.events.documents import PluginDocument
from search_indexer.clients.feed_progress import FeedProgress
from search_indexer.clients.newest_documents import NewestDocuments
from search_indexer.domain.changes import Write
from search_indexer.domain.errors import IndexMissingError
from search_indexer.jobs.tell_differences import tell_differences
from search_indexer.storage import index_contents
from search_indexer.storage.index_contents import IndexContents
from search_indexer.usecases import verify_index
from search_indexer.usecases.verify_index import VerifyIndex
from testkit.waiting import eventually

MakeEvent = Callable[..., Event]
Publish = Callable[..., Awaitable[None]]


@pytest.fixture
def verify(kafka_topics: Kafka, engine: AsyncOpenSearch, alias: str, monkeypatch: pytest.MonkeyPatch) -> VerifyIndex:
    monkeypatch.setattr(verify_index, "ROUND_SECONDS", 0.1)
    newest = NewestDocuments(kafka=kafka_topics, topic=PluginDocument.topic)
    return VerifyIndex(newest=newest, contents=IndexContents(client=engine, alias=alias))


async def test_what_is_missing_stale_or_extra_is_told(
    shelf: Any, verify: VerifyIndex, feeding: Any, publish: Publish, event: MakeEvent
) -> None:
    own = f"verify-{uuid.uuid4().hex[:12]}"
    await publish([event(f"{own}-{number}", number + 1) for number in range(5)])
    await publish([event(f"{own}-gone", 1), event(f"{own}-gone", 2, removed=True)])
    said: list[str] = []
    async with feeding(shelf):

        async def agrees() -> bool:
            said.clear()
            return await tell_differences(verify, say=said.append)

        await eventually(agrees, timeout_seconds=30)
    assert [line.split()[-1] for line in said[-3:]] == ["0", "0", "0"]

    await shelf.index.write(
        [
            Write(plugin_id=f"{own}-0", version=9, document=None),
            Write(plugin_id=f"{own}-phantom", version=1, document={"id": f"{own}-phantom"}),
        ]
    )
    await shelf.engine.delete(index=shelf.name, id=f"{own}-4")
    await shelf.index.write([Write(plugin_id=f"{own}-3", version=9, document=None)])
    await shelf.index.refresh()
    await publish([event(f"{own}-1", 7)])

    assert not await tell_differences(verify, say=said.append)
    missing, stale, extra = said[-3:]
    assert missing.split()[-4:] == ["3", f"{own}-0,", f"{own}-3,", f"{own}-4"]
    assert stale.split()[-2:] == ["1", f"{own}-1"]
    assert extra.split()[-2:] == ["1", f"{own}-phantom"]


async def test_an_index_of_many_pages_is_read_whole(
    shelf: Any, engine: AsyncOpenSearch, alias: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_contents, "PAGE_DOCUMENTS", 3)
    ids = [f"chart-{number}" for number in range(10)]
    await shelf.index.write([Write(plugin_id=each, version=4, document={"id": each}) for each in ids])
    await shelf.index.refresh()
    assert await IndexContents(client=engine, alias=alias).read_versions() == dict.fromkeys(ids, 4)


async def test_without_readers_there_is_nothing_to_compare(engine: AsyncOpenSearch, alias: str) -> None:
    with pytest.raises(IndexMissingError):
        await IndexContents(client=engine, alias=alias).read_versions()


async def test_the_end_of_a_broken_transaction_holds_no_rebuild_up(
    shelf: Any, kafka_topics: Kafka, progress: FeedProgress, feeding: Any, publish: Publish, event: MakeEvent
) -> None:
    own = f"verify-{uuid.uuid4().hex[:12]}"
    topic = kafka_topics.named(PluginDocument.topic)
    await publish([event(own, 1)])
    for attempt in range(3):
        async with AIOKafkaProducer(
            bootstrap_servers=kafka_topics.bootstrap_servers, transactional_id=f"{own}-{attempt}"
        ) as producer:
            await producer.begin_transaction()
            for partition in range(6):
                broken = event(f"{own}-never", attempt + 1)
                await producer.send_and_wait(
                    topic, broken.data, key=b"never", headers=broken.headers(), partition=partition
                )
            await producer.abort_transaction()
    assert not await progress.has_caught_up(shelf.first.group)
    async with feeding(shelf):
        await eventually(lambda: progress.has_caught_up(shelf.first.group), timeout_seconds=30)
