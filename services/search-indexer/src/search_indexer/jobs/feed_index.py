"""Feeds the index from the topic for as long as it is the same index, and promotes it once it is full."""

import asyncio
from collections.abc import Callable

import structlog

from chassis.consumer import Consumer, Subscription
from chassis.errors import PlatformError, ServiceUnavailableError
from chassis.kafka import Kafka
from chassis.process import Heartbeat
from search_indexer.domain.errors import IndexMissingError
from search_indexer.usecases.identify_index import IdentifyIndex
from search_indexer.usecases.promote_index import PromoteIndex

WATCH_SECONDS = 5.0
"""How soon a replaced index, and one that has been filled, is noticed."""

_log = structlog.get_logger()


class IndexFeed:
    """Consumes the documents for the index that exists now, and starts over when it was replaced.

    Parameters
    ----------
    kafka
        The broker.
    identify
        Recognises the index.
    promote
        Lets readers use the index.
    subscribe
        Makes the subscription of an index's identity.
    heartbeat
        Told on every turn.
    watch_seconds
        See `WATCH_SECONDS`.
    """

    def __init__(
        self,
        *,
        kafka: Kafka,
        identify: IdentifyIndex,
        promote: PromoteIndex,
        subscribe: Callable[[str], Subscription],
        heartbeat: Heartbeat,
        watch_seconds: float = WATCH_SECONDS,
    ) -> None:
        self._kafka = kafka
        self._identify = identify
        self._promote = promote
        self._subscribe = subscribe
        self._heartbeat = heartbeat
        self._watch_seconds = watch_seconds

    async def run(self) -> None:
        """Feed until cancelled or the index was replaced; raises when a server is lost. It may be called again."""
        generation = await self._identify.execute()
        subscription = self._subscribe(generation)
        consumer = Consumer(kafka=self._kafka, subscription=subscription, heartbeat=self._heartbeat)
        _log.info("feed_started", group=subscription.group)
        tasks = {
            asyncio.create_task(consumer.run()),
            asyncio.create_task(self._watch(generation)),
            asyncio.create_task(self._offer(subscription.group)),
        }
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch(self, generation: str) -> None:
        """Return once the index is another one or gone."""
        while True:
            await asyncio.sleep(self._watch_seconds)
            try:
                current = await self._identify.execute()
            except IndexMissingError:
                current = None
            except ServiceUnavailableError:
                continue
            if current != generation:
                _log.warning("index_replaced", before=generation, now=current)
                return

    async def _offer(self, group: str) -> None:
        """Promote the index whenever it is full and readers still use an older one."""
        while True:
            try:
                await self._promote.execute(group=group)
            except PlatformError as error:
                _log.info("promotion_waits", reason=error.detail)
            await asyncio.sleep(self._watch_seconds)
