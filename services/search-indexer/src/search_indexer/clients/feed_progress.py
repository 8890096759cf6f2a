"""How far a consumer group has come."""

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from chassis.errors import ServiceUnavailableError
from chassis.kafka import Kafka

TRANSACTION_MARKERS = 1
"""Offsets at a partition's end that hold no record but the end of the relay's transaction; no group commits them."""


class FeedProgress:
    """Compares a group's offsets with a topic's ends.

    Parameters
    ----------
    kafka
        The broker.
    topic
        Without prefix.
    """

    def __init__(self, *, kafka: Kafka, topic: str) -> None:
        self._kafka = kafka
        self._topic = kafka.named(topic)

    async def has_caught_up(self, group: str) -> bool:
        """Say whether the group has applied all there is; `group` is without prefix.

        Raises
        ------
        ServiceUnavailableError
            The broker does not answer; a retry is safe.
        """
        try:
            begins, ends = await self._bounds()
            committed = await self._committed(group)
        except (KafkaError, OSError) as error:
            raise ServiceUnavailableError("the event broker") from error
        return bool(ends) and all(
            end == begins[partition] or committed.get(partition, -1) >= end - TRANSACTION_MARKERS
            for partition, end in ends.items()
        )

    async def _bounds(self) -> tuple[dict[TopicPartition, int], dict[TopicPartition, int]]:
        consumer = AIOKafkaConsumer(
            self._topic, bootstrap_servers=self._kafka.bootstrap_servers, isolation_level="read_committed"
        )
        try:
            await consumer.start()
            numbers = consumer.partitions_for_topic(self._topic) or set()
            partitions = [TopicPartition(self._topic, number) for number in sorted(numbers)]
            return await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        finally:
            await consumer.stop()

    async def _committed(self, group: str) -> dict[TopicPartition, int]:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._kafka.bootstrap_servers)
        try:
            await admin.start()
            found = await admin.list_consumer_group_offsets(self._kafka.named(group))
            return {partition: entry.offset for partition, entry in found.items()}
        finally:
            await admin.close()
