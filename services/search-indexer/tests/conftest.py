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
from platform_local.topics import create_topics, delete_topics
from search_indexer.clients.feed_progress import FeedProgress
from search_indexer.clients.purges import CachePurges
from search_indexer.consumers.documents import documents_subscription
from search_indexer.domain.generations import Generation
from search_indexer.jobs.feed_index import IndexFeeds
from search_indexer.storage.connection import connect
from search_indexer.storage.index_setup import IndexSetup
from search_indexer.storage.plugin_index import PluginIndex
from search_indexer.usecases.apply_documents import ApplyDocuments
from search_indexer.usecases.tend_index import TendIndex

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
    """One release's index: its first generation, and what can be read of it and of later ones."""

    engine: AsyncOpenSearch
    setup: IndexSetup
    first: Generation

    @property
    def name(self) -> str:
        """Of the first generation."""
        return self.first.index

    @property
    def index(self) -> PluginIndex:
        """What writes to the first generation."""
        return PluginIndex(client=self.engine, index=self.name)

    async def read(self) -> str | None:
        """Give the name of the index that readers use."""
        read = (await self.setup.find_state()).read
        return read.index if read is not None else None

    async def names(self, index: str | None = None) -> dict[str, str]:
        """Give id → name of everything searchable, in the first generation or in another index."""
        found = await self.engine.search(index=index or self.name, body={"query": {"match_all": {}}, "size": 1000})
        return {hit["_id"]: hit["_source"]["summary"]["name"] for hit in found["hits"]["hits"]}


async def make_shelf(engine: AsyncOpenSearch, setup: IndexSetup) -> Shelf:
    await setup.create(1)
    (first,) = (await setup.find_state()).generations
    return Shelf(engine, setup, first)


@pytest.fixture
async def shelf(engine: AsyncOpenSearch, setup: IndexSetup) -> Shelf:
    shelf = await make_shelf(engine, setup)
    await setup.promote(shelf.first)
    return shelf


@pytest.fixture
async def next_shelf(shelf: Shelf, alias: str, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """The index of a later release, whose mapping differs, beside `shelf`, which is being read."""
    properties = {**search_index.MAPPINGS["properties"], "licence": {"type": "keyword"}}
    monkeypatch.setattr(search_index, "MAPPINGS", {**search_index.MAPPINGS, "properties": properties})
    return await make_shelf(shelf.engine, IndexSetup(client=shelf.engine, alias=alias))


@pytest.fixture
async def purges(redis_url: str) -> AsyncIterator[CachePurges]:
    publisher = CachePurges(url=redis_url)
    yield publisher
    await publisher.close()


@pytest.fixture(scope="module")
async def kafka_topics(kafka_bootstrap_servers: str) -> AsyncIterator[Kafka]:
    """Topics of the module's own, since an index holds all that its topic does."""
    kafka = Kafka(bootstrap_servers=kafka_bootstrap_servers, prefix=f"t{uuid.uuid4().hex[:10]}.")
    await create_topics(kafka.bootstrap_servers, kafka.prefix)
    yield kafka
    await delete_topics(kafka.bootstrap_servers, kafka.prefix)


@pytest.fixture
async def publish(kafka_topics: Kafka) -> AsyncIterator[Callable[..., Awaitable[None]]]:
    """``await publish([event, …], partition=None)`` writes to the documents' topic, in a transaction as relays do."""
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka_topics.bootstrap_servers, transactional_id=f"test.{uuid.uuid4()}"
    )
    await producer.start()

    async def send(events: Sequence[Event], partition: int | None = None) -> None:
        async with producer.transaction():
            for item in events:
                await producer.send(
                    kafka_topics.named(PluginDocument.topic),
                    key=item.key.encode(),
                    value=item.data,
                    headers=item.headers(),
                    partition=partition,
                )

    yield send
    await producer.stop()


@pytest.fixture
def progress(kafka_topics: Kafka) -> FeedProgress:
    return FeedProgress(kafka=kafka_topics, topic=PluginDocument.topic)


@pytest.fixture
def tending(progress: FeedProgress, purges: CachePurges) -> Callable[..., TendIndex]:
    """``tending(setup, grace_seconds=0.0)`` makes what looks after the generations."""
    return lambda setup, **more: TendIndex(setup=setup, progress=progress, purges=purges, **more)


@pytest.fixture
def feeding(kafka_topics: Kafka, purges: CachePurges, tending: Callable[..., TendIndex]) -> Callable[..., Any]:
    """``async with feeding(shelf, grace_seconds=0.0):`` runs the whole feed, as the role `work` does."""

    @asynccontextmanager
    async def run(shelf: Shelf, **more: Any) -> AsyncIterator[None]:
        heartbeat = Heartbeat()
        feeds = IndexFeeds(
            kafka=kafka_topics,
            tend=tending(shelf.setup, **more),
            apply_to=lambda generation: ApplyDocuments(
                index=PluginIndex(client=shelf.engine, index=generation.index), purges=purges
            ),
            subscribe=documents_subscription,
            heartbeat=heartbeat,
            watch_seconds=0.2,
        )
        task = asyncio.create_task(keep_running("feeds", Task(feeds.run, heartbeat)))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    return run
