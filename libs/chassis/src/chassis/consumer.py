"""The consumer: batches of events to one handler, offsets committed after the effect.

Delivery is at least once; handlers deduplicate by inbox or sequence guard. A batch that fails is tried key by key, a
key that goes on failing is parked among the dead letters while the others flow (`chassis.dead_letters`). A handler
that raises an ``UNAVAILABLE`` error is called again without limit, because the message is not at fault.
"""

import asyncio
from dataclasses import dataclass

from chassis.application import RETRY_SECONDS, Application, Handler
from chassis.consumer_group import ConsumerGroup
from chassis.group_reader import GroupReader
from chassis.kafka import Kafka
from chassis.parking import Parking
from chassis.process import Heartbeat

POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription(ConsumerGroup):
    """What a consumer reads and who applies it.

    Parameters
    ----------
    group, topics, remembers_days, has_generations
        As `ConsumerGroup`; the group is the one that is really joined.
    handler
        Applies a batch.
    max_records
        Events in a batch at most.
    linger_seconds
        After a first event, wait this long for more to share its transaction; 0 for immediate effect.
    retry_seconds
        Pauses between the attempts at a key whose events fail.
    """

    handler: Handler
    max_records: int = 500
    linger_seconds: float = 0.0
    retry_seconds: tuple[float, ...] = RETRY_SECONDS


class Consumer:
    """Runs one subscription.

    Parameters
    ----------
    kafka
        The broker.
    subscription
        What to read.
    heartbeat
        Told on every turn.
    """

    def __init__(self, *, kafka: Kafka, subscription: Subscription, heartbeat: Heartbeat) -> None:
        self._kafka = kafka
        self._subscription = subscription
        self._heartbeat = heartbeat

    async def run(self) -> None:
        """Consume until cancelled; waits while the broker is away. After an error it may be called again."""
        group = self._kafka.named(self._subscription.group)
        topics = tuple(self._kafka.named(topic) for topic in self._subscription.topics)
        parking = Parking(kafka=self._kafka, group=group, topics=topics)
        reader = GroupReader(kafka=self._kafka, group=self._subscription.group, topics=topics)
        application = Application(
            group=group,
            handler=self._subscription.handler,
            parking=parking,
            heartbeat=self._heartbeat,
            retry_seconds=self._subscription.retry_seconds,
        )
        try:
            await reader.open()
            while True:
                await self._turn(reader, parking, application)
        finally:
            await reader.close()
            await parking.close()

    async def _turn(self, reader: GroupReader, parking: Parking, application: Application) -> None:
        self._heartbeat.beat()
        limit = self._subscription.max_records
        records = await reader.poll(max_records=limit, timeout_seconds=POLL_SECONDS)
        if records and self._subscription.linger_seconds and len(records) < limit:
            await asyncio.sleep(self._subscription.linger_seconds)
            records += await reader.poll(max_records=limit - len(records), timeout_seconds=0)
            records = [record for record in records if (record.topic, record.partition) in reader.assigned]
        if reader.has_gained:
            # Their former owner may have parked keys.
            await parking.catch_up()
            reader.has_gained = False
        else:
            await parking.read_new()
        await parking.carry_out_orders(reader.assigned, application.handle)
        if records:
            await application.apply(records)
            await reader.commit(records)
