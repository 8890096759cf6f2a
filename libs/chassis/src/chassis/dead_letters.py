"""The dead-letter topic: messages that no attempt could apply, with their reason and origin."""

from dataclasses import dataclass

from aiokafka import AIOKafkaProducer, ConsumerRecord
from prometheus_client import Counter

from contracts.topics import DEAD_LETTER_SUFFIX

DEAD_LETTERS = Counter("dead_letters_total", "Messages sent to a dead-letter topic", ("topic", "group"))

_MAX_REASON = 1_000
"""Characters; a reason is a sentence, not a stack trace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a message is given up.

    Parameters
    ----------
    group
        The consumer group.
    reason
        The last error.
    attempts
        How often it was tried.
    """

    group: str
    reason: str
    attempts: int


async def send_dead_letter(producer: AIOKafkaProducer, *, record: ConsumerRecord, failure: Failure) -> None:
    """Write the original bytes, key and headers to ``<topic>.dlq`` and wait until it is stored."""
    headers = [
        *record.headers,
        ("x-error-reason", failure.reason[:_MAX_REASON].encode()),
        ("x-error-attempts", str(failure.attempts).encode()),
        ("x-error-group", failure.group.encode()),
        ("x-origin-topic", record.topic.encode()),
        ("x-origin-partition", str(record.partition).encode()),
        ("x-origin-offset", str(record.offset).encode()),
    ]
    await producer.send_and_wait(record.topic + DEAD_LETTER_SUFFIX, value=record.value, key=record.key, headers=headers)
    DEAD_LETTERS.labels(record.topic, failure.group).inc()
