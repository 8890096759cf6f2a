"""Composition root: settings, connections, use cases, roles."""

import asyncio
import sys
from collections.abc import Coroutine

from chassis.errors import PlatformError
from chassis.kafka import Kafka
from chassis.operations.command import run_events
from chassis.process import Heartbeat, Task, run_tasks
from chassis.telemetry import configure_logging
from contracts.topics import PLUGIN_DOCUMENTS
from search_indexer.clients.feed_progress import FeedProgress
from search_indexer.clients.purges import CachePurges
from search_indexer.config import EventSettings, IndexSettings, WorkSettings
from search_indexer.consumers.documents import DOCUMENTS, documents_subscription
from search_indexer.jobs.feed_index import IndexFeed
from search_indexer.storage.connection import connect
from search_indexer.storage.index_setup import IndexSetup
from search_indexer.storage.plugin_index import PluginIndex
from search_indexer.usecases.apply_documents import ApplyDocuments
from search_indexer.usecases.identify_index import IdentifyIndex
from search_indexer.usecases.prepare_index import PrepareIndex
from search_indexer.usecases.promote_index import PromoteIndex


def work(_arguments: list[str]) -> None:
    """Keep the index in step until a signal ends the process."""
    settings = WorkSettings()
    configure_logging(settings.log_level)
    kafka = Kafka(bootstrap_servers=settings.kafka_bootstrap_servers, prefix=settings.topic_prefix)
    client = connect(settings.opensearch_url)
    setup = IndexSetup(client=client, alias=settings.search_alias)
    purges = CachePurges(url=settings.redis_url.get_secret_value())
    apply = ApplyDocuments(index=PluginIndex(client=client, index=setup.index), purges=purges)
    identify = IdentifyIndex(setup=setup)
    heartbeat = Heartbeat()
    feed = IndexFeed(
        kafka=kafka,
        identify=identify,
        promote=_promotion(settings, setup=setup, purges=purges),
        subscribe=lambda generation: documents_subscription(apply=apply, generation=generation),
        heartbeat=heartbeat,
    )

    async def close() -> None:
        await client.close()
        await purges.close()

    run_tasks(
        {"feed": Task(feed.run, heartbeat)},
        host=settings.host,
        port=settings.port,
        readiness={"search_index": identify.check},
        close=close,
    )


def events(arguments: list[str]) -> None:
    """Look after the events: lag, dead letters, replays."""
    run_events("search_indexer", arguments, settings=EventSettings(), groups=[DOCUMENTS])


def migrate(_arguments: list[str]) -> None:
    """Make the index exist; exit code 1 where the engine does not answer."""
    settings = IndexSettings()
    configure_logging(settings.log_level)
    _run_or_say_why(_migrate(settings), address=settings.opensearch_url)


def promote(_arguments: list[str]) -> None:
    """Let readers use this code's index at once; exit code 1 where the engine does not answer."""
    settings = WorkSettings()
    configure_logging(settings.log_level)
    _run_or_say_why(_promote(settings), address=settings.opensearch_url)


async def _migrate(settings: IndexSettings) -> None:
    async with connect(settings.opensearch_url) as client:
        await PrepareIndex(setup=IndexSetup(client=client, alias=settings.search_alias)).execute()


async def _promote(settings: WorkSettings) -> None:
    purges = CachePurges(url=settings.redis_url.get_secret_value())
    async with connect(settings.opensearch_url) as client:
        setup = IndexSetup(client=client, alias=settings.search_alias)
        await _promotion(settings, setup=setup, purges=purges).force()
    await purges.close()


def _promotion(settings: WorkSettings, *, setup: IndexSetup, purges: CachePurges) -> PromoteIndex:
    kafka = Kafka(bootstrap_servers=settings.kafka_bootstrap_servers, prefix=settings.topic_prefix)
    progress = FeedProgress(kafka=kafka, topic=PLUGIN_DOCUMENTS.name)
    return PromoteIndex(setup=setup, progress=progress, purges=purges)


def _run_or_say_why(command: Coroutine[None, None, None], *, address: str) -> None:
    try:
        asyncio.run(command)
    except PlatformError as error:
        sys.stderr.write(f"{error.detail} ({address}); run this again once that is mended\n")
        raise SystemExit(1) from error
