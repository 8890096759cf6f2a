"""How far a consumer group has come."""

import asyncio
import time
from collections.abc import Mapping

from confluent_kafka import TopicPartition

from chassis.kafka import Kafka
from search_indexer.clients.topic_reading import ANSWER_SECONDS, bounds_of, read_records, reader

SETTLE_SECONDS = 2.0
"""A group that applies within this time what there was at the first look has caught up, whatever came since."""

NEAR_RECORDS = 2_000
"""A group with more before it has not caught up, and is not looked at more closely."""

_PAUSE_SECONDS = 0.2


class FeedProgress:
    """Compares a group's offsets with what a topic holds.

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
        """Say whether the group has applied all that there was a moment ago; `group` is without prefix.

        Offsets at a partition's end may hold nothing to apply: the end of a transaction, records of one that was
        broken off, tombstones that compaction has removed. So a partition counts as read where nothing can be read
        between the group's offset and its end.

        Raises
        ------
        ServiceUnavailableError
            The broker does not answer, or the topic does not exist; a retry is safe.
        """
        return await asyncio.to_thread(self._has_caught_up, group)

    def _has_caught_up(self, group: str) -> bool:
        deadline = time.monotonic() + SETTLE_SECONDS
        with reader(self._kafka, group=group) as consumer:
            bounds = bounds_of(consumer, self._topic)
            places = [TopicPartition(self._topic, partition) for partition in bounds]
            while True:
                unread = _unread(consumer.committed(places, ANSWER_SECONDS), bounds)
                if not any(True for _ in read_records(consumer, self._topic, unread)):
                    return True
                distance = sum(end - begin for begin, end in unread.values())
                if distance > NEAR_RECORDS or time.monotonic() > deadline:
                    return False
                time.sleep(_PAUSE_SECONDS)


def _unread(committed: list[TopicPartition], bounds: Mapping[int, tuple[int, int]]) -> dict[int, tuple[int, int]]:
    """Give partition → (next offset, end); without an offset the next is the first there is."""
    found: dict[int, tuple[int, int]] = {}
    for place in committed:
        begin, end = bounds[place.partition]
        found[place.partition] = max(place.offset, begin), end  # "no offset" is a negative number
    return found
