"""An index of each test's own, documents to put into it, and the whole feed over real servers."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from opensearchpy import AsyncOpenSearch

from chassis.kafka import Kafka
from chassis.process import Heartbeat, Task, keep_running
from contracts import search_index
from contracts.envelope import Event
from contracts.events.documents import PluginDocument, PluginDocumentRemoved
from contracts.events.plugins import Author
from search_indexer.clients.feed_progress import FeedProgress
from search_indexer.clients.purges import CachePurges
from search_indexer.consumers.documents import documents_subscription
from search_indexer.jobs.feed_index import IndexFeed
from search_indexer.storage.connection import connect
from search_indexer.storage.index_setup import IndexSetup
from search_indexer.storage.plugin_index import PluginIndex
from search_indexer.usecases.apply_documents import ApplyDocuments
from search_indexer.usecases.identify_index import IdentifyIndex
from search_indexer.usecases.promote_index import PromoteIndex

AT = datetime(2026, 5, 4, 12, 30, 0, 250, tzinfo=UTC)
AUTHOR = Author(id=uuid.UUID(int=7), name="Ann")


def make_document(plugin_id: str, **changes: Any) -> PluginDocument:
    values: dict[str, Any] = {
        "plugin_id": plugin_id,
        "name": f"Name of {plugin_id}",
        "description": "Draws charts.",
        "author": AUTHOR,
        "category": "visualization",
        "tags": ("chart", "svg"),
        "latest_version": "1.2.3",
        "install_count": 10,
        "rating_average": 4.5,
        "rating_count": 2,
        "published_at": AT,
        "updated_at": AT,
    }
    return PluginDocument(**{**values, **changes})


def make_event(plugin_id: str, sequence: int, *, removed: bool = False, **changes: Any) -> Event:
    return Event(
        id=uuid.uuid4(),
        type=PluginDocumentRemoved.event_type if removed else PluginDocument.event_type,
        source="/catalog",
        key=plugin_id,
        sequence=sequence,
        time=datetime.now(UTC),
        data=None if removed else make_document(plugin_id, **changes).model_dump_json().encode(),
    )


@pytest.fixture
def event() -> Callable[..., Event]:
    """``event("chart", 3, removed=False, name=…)`` makes one record of the documents' topic."""
    return make_event


@pytest.fixture
async def engine(opensearch_url: str) -> AsyncIterator[AsyncOpenSearch]:
    async with connect(opensearch_url) as client:
        yield client


@pytest.fixture
def alias(index_prefix: str) -> str:
    return f"{index_prefix}{uuid.uuid4().hex[:8]}"


@pytest.fixture
def setup(engine: AsyncOpenSearch, alias: str) -> IndexSetup:
    """The test's own index, not created yet."""
    return IndexSetup(client=engine, alias=alias)


@dataclass
class Shelf:
    """A created index and what can be read of it."""

    engine: AsyncOpenSearch
    setup: IndexSetup
    index: PluginIndex

    async def names(self) -> dict[str, str]:
        """Give id → name of everything searchable."""
        found = await self.engine.search(index=self.setup.index, body={"query": {"match_all": {}}, "size": 1000})
        return {hit["_id"]: hit["_source"]["summary"]["name"] for hit in found["hits"]["hits"]}


@pytest.fixture
async def shelf(engine: AsyncOpenSearch, setup: IndexSetup) -> Shelf:
    await setup.create()
    await setup.promote()
    return Shelf(engine, setup, PluginIndex(client=engine, index=setup.index))


@pytest.fixture
async def next_shelf(shelf: Shelf, alias: str, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """The index of a later release, whose mapping differs, beside `shelf`, which is being read."""
    properties = {**search_index.MAPPINGS["properties"], "licence": {"type": "keyword"}}
    monkeypatch.setattr(search_index, "MAPPINGS", {**search_index.MAPPINGS, "properties": properties})
    setup = IndexSetup(client=shelf.engine, alias=alias)
    await setup.create()
    return Shelf(shelf.engine, setup, PluginIndex(client=shelf.engine, index=setup.index))


@pytest.fixture
async def purges(redis_url: str) -> AsyncIterator[CachePurges]:
    publisher = CachePurges(url=redis_url)
    yield publisher
    await publisher.close()


@pytest.fixture
async def publish(kafka_bootstrap_servers: str, topic_prefix: str) -> AsyncIterator[Callable[..., Awaitable[None]]]:
    """``await publish([event, …], partition=None)`` writes to the documents' topic, in a transaction as relays do."""
    kafka = Kafka(bootstrap_servers=kafka_bootstrap_servers, prefix=topic_prefix)
    producer: AIOKafkaProducer = kafka.producer(transactional_id=f"test.{uuid.uuid4()}")
    await producer.start()

    async def send(events: Sequence[Event], partition: int | None = None) -> None:
        async with producer.transaction():
            for item in events:
                await producer.send(
                    kafka.named(PluginDocument.topic),
                    key=item.key.encode(),
                    value=item.data,
                    headers=item.headers(),
                    partition=partition,
                )

    yield send
    await producer.stop()


@pytest.fixture
def feeding(kafka_bootstrap_servers: str, topic_prefix: str, purges: CachePurges) -> Callable[..., Any]:
    """``async with feeding(shelf):`` runs the whole feed, as the role `work` does."""

    @asynccontextmanager
    async def run(shelf: Shelf) -> AsyncIterator[None]:
        apply = ApplyDocuments(index=shelf.index, purges=purges)
        heartbeat = Heartbeat()
        kafka = Kafka(bootstrap_servers=kafka_bootstrap_servers, prefix=topic_prefix)
        progress = FeedProgress(kafka=kafka, topic=PluginDocument.topic)
        feed = IndexFeed(
            kafka=kafka,
            identify=IdentifyIndex(setup=shelf.setup),
            promote=PromoteIndex(setup=shelf.setup, progress=progress, purges=purges),
            subscribe=lambda generation: documents_subscription(apply=apply, generation=generation),
            heartbeat=heartbeat,
            watch_seconds=0.2,
        )
        task = asyncio.create_task(keep_running("feed", Task(feed.run, heartbeat)))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    return run
