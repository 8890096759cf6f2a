"""Feeds every generation of the index from the topic, each with a consumer of its own."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog

from chassis.consumer import Consumer, Subscription
from chassis.errors import PlatformError
from chassis.kafka import Kafka
from chassis.process import Heartbeat, Task, keep_running
from search_indexer.domain.generations import Generation, IndexState
from search_indexer.usecases.apply_documents import ApplyDocuments
from search_indexer.usecases.tend_index import TendIndex

WATCH_SECONDS = 1.0
"""How soon a lost index, a new generation, and one that is full are noticed."""

ENDING_SECONDS = 10.0
"""A consumer leaves its group within one; the other feeds do not wait for one that cannot."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Feed:
    generation: Generation
    apply: ApplyDocuments
    heartbeat: Heartbeat
    task: asyncio.Task[None]


class IndexFeeds:
    """Keeps one consumer running for each generation that exists, and looks after the generations.

    Parameters
    ----------
    kafka
        The broker.
    tend
        Looks after the generations.
    apply_to
        Makes what applies documents to a generation.
    subscribe
        Makes a generation's subscription.
    heartbeat
        Told on every turn while every consumer turns.
    watch_seconds
        See `WATCH_SECONDS`.
    """

    def __init__(
        self,
        *,
        kafka: Kafka,
        tend: TendIndex,
        apply_to: Callable[[Generation], ApplyDocuments],
        subscribe: Callable[[Generation, ApplyDocuments], Subscription],
        heartbeat: Heartbeat,
        watch_seconds: float = WATCH_SECONDS,
    ) -> None:
        self._kafka = kafka
        self._tend = tend
        self._apply_to = apply_to
        self._subscribe = subscribe
        self._heartbeat = heartbeat
        self._watch_seconds = watch_seconds
        self._feeds: dict[str, _Feed] = {}  # by the generation's uuid

    async def run(self) -> None:
        """Feed until cancelled. While a server is away the consumers wait for it by themselves."""
        try:
            while True:
                try:
                    await self._follow(await self._tend.execute())
                except PlatformError as error:
                    _log.warning("index_waits", code=error.code, reason=error.detail)
                if all(feed.heartbeat.is_alive() for feed in self._feeds.values()):
                    self._heartbeat.beat()
                await asyncio.sleep(self._watch_seconds)
        finally:
            await self._end(list(self._feeds))

    async def _follow(self, state: IndexState) -> None:
        """Have the consumers that this state asks for."""
        present = {generation.uuid: generation for generation in state.generations}
        await self._end(self._feeds.keys() - present.keys())
        for generation in present.values():
            if generation.uuid not in self._feeds:
                self._feeds[generation.uuid] = self._begin(generation)
            self._feeds[generation.uuid].apply.is_quiet = state.is_rebuilt and generation == state.being_filled

    def _begin(self, generation: Generation) -> _Feed:
        apply = self._apply_to(generation)
        subscription = self._subscribe(generation, apply)
        heartbeat = Heartbeat()
        consumer = Consumer(kafka=self._kafka, subscription=subscription, heartbeat=heartbeat)
        _log.info("feed_started", index=generation.index, group=subscription.group)
        task = asyncio.create_task(keep_running(subscription.group, Task(consumer.run, heartbeat)))
        return _Feed(generation=generation, apply=apply, heartbeat=heartbeat, task=task)

    async def _end(self, uuids: Iterable[str]) -> None:
        ended = [self._feeds.pop(uuid) for uuid in list(uuids)]
        for feed in ended:
            feed.task.cancel()
            _log.info("feed_ended", index=feed.generation.index)
        if ended:
            _, hanging = await asyncio.wait([feed.task for feed in ended], timeout=ENDING_SECONDS)
            if hanging:
                _log.error("feeds_hang", feeds=len(hanging))
