"""Reading a topic outside any group's membership. The calls block; they are made in a thread."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from chassis.errors import ServiceUnavailableError
from chassis.kafka import Kafka
from chassis.kafka_client import PREFETCH_KBYTES, plain_consumer

ANSWER_SECONDS = 10.0
"""How long to wait for any one answer of the broker."""


@contextmanager
def reader(kafka: Kafka, *, group: str) -> Iterator[Consumer]:
    """Open a consumer that sees a group's offsets; it is told what to read, so it joins no group.

    Raises
    ------
    ServiceUnavailableError
        The broker does not answer, or the topic does not exist; a retry is safe. Also from calls inside.
    """
    consumer = plain_consumer(kafka, group, prefetch_kbytes=PREFETCH_KBYTES, tells_ends=True)
    try:
        yield consumer
    except KafkaException as error:
        raise ServiceUnavailableError("the event broker") from error
    finally:
        consumer.close()


def bounds_of(consumer: Consumer, topic: str) -> dict[int, tuple[int, int]]:
    """Give partition → (first offset, end) as they are now.

    Raises
    ------
    KafkaException
        The broker does not answer, or there is no such topic.
    """
    found = consumer.list_topics(topic, timeout=ANSWER_SECONDS).topics[topic]
    if found.error is not None:
        raise KafkaException(found.error)
    return {
        number: consumer.get_watermark_offsets(TopicPartition(topic, number), ANSWER_SECONDS)
        for number in sorted(found.partitions)
    }


def read_records(consumer: Consumer, topic: str, spans: Mapping[int, tuple[int, int]]) -> Iterator[tuple[int, Message]]:
    """Give (offset, record) of every record of these spans: partition → (first offset, end).

    Raises
    ------
    KafkaException
        The broker does not answer in time.
    """
    ends = {partition: end for partition, (begin, end) in spans.items() if begin < end}
    consumer.assign([TopicPartition(topic, partition, spans[partition][0]) for partition in ends])
    while ends:
        message = consumer.poll(ANSWER_SECONDS)
        if message is None:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))  # noqa: SLF001 - the library's name
        error, partition, offset = message.error(), message.partition() or 0, message.offset() or 0
        if error is not None and error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001 - the library's name
            raise KafkaException(error)
        end = ends.get(partition)
        if error is None and end is not None and offset < end:
            yield offset, message
        if end is not None and (error is not None or offset >= end - 1):
            del ends[partition]
