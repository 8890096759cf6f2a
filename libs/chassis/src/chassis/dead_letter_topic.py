"""Reading and writing the dead-letter topics of a group's topics."""

import time
from collections.abc import Callable, Iterator, Sequence

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from chassis.dead_letters import Headers, Letter, Order, Outcome, read_record
from chassis.kafka import Kafka
from chassis.kafka_client import headers_of, plain_consumer, plain_producer, require_no_fault
from chassis.letter_book import LetterBook
from contracts.topics import DEAD_LETTER_SUFFIX

PARTITION = 0
"""The only one, so that letters, orders and outcomes have one order for everybody."""

Observer = Callable[[str, Letter | Order | Outcome], None]

_BATCH = 1_000
_ANSWER_SECONDS = 10.0


class DeadLetterReader:
    """Follows the dead-letter topics from their beginning and keeps a book of them. Its calls block.

    Parameters
    ----------
    kafka
        The broker.
    topics
        The messages' own topics, with prefix.
    book
        Filled with what is read.
    observe
        Shown every record with its topic, after the book.
    """

    def __init__(
        self, *, kafka: Kafka, topics: Sequence[str], book: LetterBook, observe: Observer | None = None
    ) -> None:
        self._kafka = kafka
        self._book = book
        self._observe = observe
        self._places = [TopicPartition(topic + DEAD_LETTER_SUFFIX, PARTITION, OFFSET_BEGINNING) for topic in topics]
        self._next = {place.topic: 0 for place in self._places}
        self._consumer: Consumer | None = None

    def read_new(self, *, wait_seconds: float = 0.0) -> None:
        """Take in what has arrived; where there is nothing, wait for it."""
        self._take(timeout=wait_seconds)

    def catch_up(self) -> list[Letter]:
        """Read up to the present end of every topic; returns the letters that are kept no longer, and closes them.

        Raises
        ------
        KafkaException
            The broker does not answer, or there is no such topic; a retry is safe.
        """
        consumer = self._opened()
        gone: list[Letter] = []
        for place in self._places:
            low, high = consumer.get_watermark_offsets(place, timeout=_ANSWER_SECONDS)
            patience = _Patience()
            while low < high > self._next[place.topic]:
                patience.see(self._next[place.topic])
                self._take(timeout=0.2)
            gone += self._book.forget_before(place.topic.removesuffix(DEAD_LETTER_SUFFIX), low)
        return gone

    def close(self) -> None:
        """Close the connection."""
        if self._consumer is not None:
            self._consumer.close()
            self._consumer = None

    def _opened(self) -> Consumer:
        if self._consumer is None:
            self._consumer = plain_consumer(self._kafka, "dead-letter-reader")
            self._consumer.assign(self._places)
        return self._consumer

    def _take(self, *, timeout: float) -> None:
        for message in self._opened().consume(_BATCH, timeout):
            require_no_fault(message)
            topic, offset = _place(message)
            self._next[topic] = offset + 1
            record = read_record(offset=offset, key=message.key(), headers=headers_of(message))
            self._book.fold(topic.removesuffix(DEAD_LETTER_SUFFIX), record)
            if self._observe is not None and record is not None:
                self._observe(topic.removesuffix(DEAD_LETTER_SUFFIX), record)


class DeadLetterWriter:
    """Writes records and folds each into the book once it is stored. Its calls block until then.

    Parameters
    ----------
    kafka
        The broker.
    book
        Told at once, so that the next message of a parked key waits.
    """

    def __init__(self, *, kafka: Kafka, book: LetterBook) -> None:
        self._producer: Producer = plain_producer(kafka)
        self._book = book

    def write(self, topic: str, *, key: bytes | None, value: bytes | None, headers: Headers) -> int:
        """Store one record among the dead letters of a topic; returns its offset.

        Raises
        ------
        KafkaException
            It was not stored within the producer's time; a retry may store it twice, which does no harm.
        """
        stored: list[Message] = []
        faults: list[KafkaError] = []

        def note(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                faults.append(error)
            else:
                stored.append(message)

        self._producer.produce(
            topic + DEAD_LETTER_SUFFIX, value=value, key=key, headers=[*headers], partition=PARTITION, on_delivery=note
        )
        self._producer.flush()
        if faults:
            raise KafkaException(faults[0])
        _, offset = _place(stored[0])
        self._book.fold(topic, read_record(offset=offset, key=key, headers=headers))
        return offset


def read_letters(kafka: Kafka, letters: Sequence[Letter]) -> Iterator[tuple[Letter, bytes | None, Headers]]:
    """Fetch the contents of letters of one topic: each with its value and all its headers, by offset.

    A letter that the topic keeps no longer is left out.

    Raises
    ------
    KafkaException
        The broker does not answer; a retry is safe.
    """
    if not letters:
        return
    wanted = {letter.offset: letter for letter in letters}
    place = TopicPartition(letters[0].topic + DEAD_LETTER_SUFFIX, PARTITION, min(wanted))
    consumer = plain_consumer(kafka, "dead-letter-reader")
    try:
        consumer.assign([place])
        low, high = consumer.get_watermark_offsets(place, timeout=_ANSWER_SECONDS)
        last = max((offset for offset in wanted if low <= offset < high), default=-1)
        reached = -1
        patience = _Patience()
        while reached < last:
            patience.see(reached)
            for message in consumer.consume(_BATCH, 0.2):
                require_no_fault(message)
                _, reached = _place(message)
                if reached in wanted:
                    yield wanted[reached], message.value(), headers_of(message)
                if reached >= last:
                    return
    finally:
        consumer.close()


class _Patience:
    """Ends a loop of reads that brings nothing, as when the broker goes away in the middle."""

    def __init__(self) -> None:
        self._last: int | None = None
        self._deadline = 0.0

    def see(self, progress: int) -> None:
        """Take note of how far the loop is.

        Raises
        ------
        KafkaException
            It has been there for too long; a retry is safe.
        """
        now = time.monotonic()
        if progress != self._last:
            self._last, self._deadline = progress, now + _ANSWER_SECONDS
        elif now > self._deadline:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT, "no dead letters came"))  # noqa: SLF001 - its name


def _place(message: Message) -> tuple[str, int]:
    topic, offset = message.topic(), message.offset()
    if topic is None or offset is None:
        raise KafkaException(KafkaError(KafkaError.UNKNOWN, "a message without a place"))
    return topic, offset
