"""What the compacted topic says of each plugin last."""

import asyncio
from dataclasses import dataclass
from typing import cast

from confluent_kafka import Message

from chassis.kafka import Kafka
from contracts.envelope import Event, MalformedEventError
from search_indexer.clients.topic_reading import bounds_of, read_records, reader

_NAME = "search-indexer.verify"


@dataclass(frozen=True, slots=True)
class Newest:
    """The sequence of a plugin's newest event, and whether that is a document or a removal."""

    sequence: int
    is_document: bool


class NewestDocuments:
    """The documents' topic, read as a table.

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

    async def read(self) -> dict[str, Newest]:
        """Give plugin id → its newest event, of all that the topic holds now. Records that are no events are left out.

        Raises
        ------
        ServiceUnavailableError
            The broker does not answer, or the topic does not exist; a retry is safe.
        """
        return await asyncio.to_thread(self._read)

    def _read(self) -> dict[str, Newest]:
        newest: dict[str, Newest] = {}
        with reader(self._kafka, group=_NAME) as consumer:
            for _, message in read_records(consumer, self._topic, bounds_of(consumer, self._topic)):
                try:
                    event = Event.from_record(
                        key=_bytes(message.key()), value=_bytes(message.value()), headers=_headers(message)
                    )
                except MalformedEventError:
                    continue
                known = newest.get(event.key)
                if known is None or event.sequence >= known.sequence:
                    newest[event.key] = Newest(event.sequence, event.data is not None)
        return newest


def _headers(message: Message) -> list[tuple[str, bytes]]:
    pairs = cast("list[tuple[str, bytes | None]]", message.headers() or [])
    return [(name, value or b"") for name, value in pairs]


def _bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value
