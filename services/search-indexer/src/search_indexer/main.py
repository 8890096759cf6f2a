"""Composition root: settings, connections, use cases, roles."""

import argparse
import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import TypeVar

from opensearchpy import AsyncOpenSearch

from chassis.errors import PlatformError
from chassis.kafka import Kafka
from chassis.operations.command import run_events
from chassis.operations.context import Context
from chassis.process import Heartbeat, Task, run_tasks
from chassis.telemetry import configure_logging
from contracts.topics import PLUGIN_DOCUMENTS
from search_indexer.clients.feed_progress import FeedProgress
from search_indexer.clients.newest_documents import NewestDocuments
from search_indexer.clients.purges import CachePurges
from search_indexer.config import EventSettings, IndexSettings, VerifySettings, WorkSettings
from search_indexer.consumers.documents import DOCUMENTS, documents_subscription
from search_indexer.domain.generations import Generation
from search_indexer.jobs.feed_index import IndexFeeds
from search_indexer.jobs.tell_differences import tell_differences
from search_indexer.jobs.watch_rebuild import RebuildWatch
from search_indexer.storage.connection import connect
from search_indexer.storage.index_contents import IndexContents
from search_indexer.storage.index_setup import IndexSetup
from search_indexer.storage.plugin_index import PluginIndex
from search_indexer.usecases.apply_documents import ApplyDocuments
from search_indexer.usecases.prepare_index import PrepareIndex
from search_indexer.usecases.rebuild_index import RebuildIndex
from search_indexer.usecases.tend_index import TendIndex
from search_indexer.usecases.verify_index import VerifyIndex

T = TypeVar("T")

INTERRUPTED = 130


def work(_arguments: list[str]) -> None:
    """Keep the index in step until a signal ends the process."""
    settings = WorkSettings()
    configure_logging(settings.log_level)
    client = connect(settings.opensearch_url)
    purges = CachePurges(url=settings.redis_url.get_secret_value())
    tend = _tending(settings, client=client, purges=purges)
    heartbeat = Heartbeat()

    def apply_to(generation: Generation) -> ApplyDocuments:
        return ApplyDocuments(index=PluginIndex(client=client, index=generation.index), purges=purges)

    feeds = IndexFeeds(
        kafka=_kafka(settings), tend=tend, apply_to=apply_to, subscribe=documents_subscription, heartbeat=heartbeat
    )

    async def close() -> None:
        await client.close()
        await purges.close()

    run_tasks(
        {"feeds": Task(feeds.run, heartbeat)},
        host=settings.host,
        port=settings.port,
        readiness={"search_index": tend.check},
        close=close,
    )


def events(arguments: list[str]) -> None:
    """Look after the events: lag, dead letters, replays, the rebuild of the index."""

    def rebuild_index(context: Context, is_rehearsal: bool) -> int:
        _rebuild(say=context.out.say, is_rehearsal=is_rehearsal)
        return 0

    run_events(
        "search_indexer",
        arguments,
        settings=EventSettings(),
        groups=[DOCUMENTS],
        rebuilds={DOCUMENTS.group: rebuild_index},
    )


def migrate(_arguments: list[str]) -> None:
    """Make the index exist; exit code 1 where the engine does not answer."""
    settings = IndexSettings()

    async def prepare(client: AsyncOpenSearch) -> None:
        await PrepareIndex(setup=IndexSetup(client=client, alias=settings.search_alias)).execute()

    _run(settings, prepare)


def promote(_arguments: list[str]) -> None:
    """Let readers use this code's newest index at once; exit code 1 where a server does not answer."""
    settings = WorkSettings()

    async def force(client: AsyncOpenSearch) -> None:
        purges = CachePurges(url=settings.redis_url.get_secret_value())
        await _tending(settings, client=client, purges=purges).force()
        await purges.close()

    _run(settings, force)


def rebuild(arguments: list[str]) -> None:
    """Have the workers fill a new index and give it the readers; exit code 130 when interrupted, and it goes on."""
    parser = argparse.ArgumentParser(
        prog="python -m search_indexer rebuild",
        description="Makes a new index beside the one that is read, watches the workers fill it from the topic, and"
        " ends when readers have it. Interrupted and run again it joins the rebuild that is under way.",
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    options = parser.parse_args(arguments)
    try:
        _rebuild(say=_say, is_rehearsal=options.dry_run)
    except KeyboardInterrupt:
        _say("The rebuild goes on in the workers; run this again to watch it.")
        raise SystemExit(INTERRUPTED) from None


def verify(_arguments: list[str]) -> None:
    """Compare the index that is read with the topic; exit code 1 where they differ or cannot be compared."""
    settings = VerifySettings()

    async def compare(client: AsyncOpenSearch) -> bool:
        newest = NewestDocuments(kafka=_kafka(settings), topic=PLUGIN_DOCUMENTS.name)
        contents = IndexContents(client=client, alias=settings.search_alias)
        return await tell_differences(VerifyIndex(newest=newest, contents=contents), say=_say)

    if not _run(settings, compare):
        raise SystemExit(1)


def _rebuild(*, say: Callable[[str], None], is_rehearsal: bool) -> None:
    settings = IndexSettings()

    async def watch(client: AsyncOpenSearch) -> None:
        rebuild = RebuildIndex(setup=IndexSetup(client=client, alias=settings.search_alias))
        watch = RebuildWatch(rebuild=rebuild, say=say)
        await (watch.preview() if is_rehearsal else watch.run())

    _run(settings, watch)


def _tending(settings: WorkSettings, *, client: AsyncOpenSearch, purges: CachePurges) -> TendIndex:
    progress = FeedProgress(kafka=_kafka(settings), topic=PLUGIN_DOCUMENTS.name)
    return TendIndex(setup=IndexSetup(client=client, alias=settings.search_alias), progress=progress, purges=purges)


def _kafka(settings: VerifySettings) -> Kafka:
    return Kafka(bootstrap_servers=settings.kafka_bootstrap_servers, prefix=settings.topic_prefix)


def _run(settings: IndexSettings, command: Callable[[AsyncOpenSearch], Coroutine[None, None, T]]) -> T:
    """Run a command for people to its end, or say why it cannot be done."""
    configure_logging(settings.log_level)

    async def connected() -> T:
        async with connect(settings.opensearch_url) as client:
            return await command(client)

    try:
        return asyncio.run(connected())
    except PlatformError as error:
        sys.stderr.write(f"{error.detail} ({settings.opensearch_url}). {error.remedy}\n")
        raise SystemExit(1) from error


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
