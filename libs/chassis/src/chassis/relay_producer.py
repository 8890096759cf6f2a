"""The relay's way into Kafka: a batch is one transaction under a fixed id, which fences a relay that slept.

librdkafka's defaults are changed where the figures or the rules of the relay ask for it (`_settings`).
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NoReturn

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from chassis.kafka import Kafka
from chassis.kafka_log import KAFKA_LOG

SLICE_SECONDS = 0.5
"""A wait for Kafka lets its caller do something else this often."""

PATIENCE_SECONDS = 10.0
"""A batch that Kafka has not taken by then is given up with the turn; the next turn begins with the same rows."""

_FENCED = {KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH}  # noqa: SLF001 - its API
_TOPIC_REFUSED = {
    KafkaError._UNKNOWN_TOPIC,  # noqa: SLF001 - the library's own name for it
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.TOPIC_EXCEPTION,
}
_RECORD_REFUSED = {
    KafkaError.MSG_SIZE_TOO_LARGE,
    KafkaError.RECORD_LIST_TOO_LARGE,
    KafkaError.INVALID_MSG,
    KafkaError.INVALID_MSG_SIZE,
    KafkaError.INVALID_RECORD,
}


class FencedError(Exception):
    """Another relay has taken this one's turn."""


class RefusedError(Exception):
    """Kafka refuses a record for good: a retry cannot help before somebody changes something.

    Parameters
    ----------
    reason
        Kafka's words.
    topic
        Full name, where the refusal is about the whole topic; None where it is about one record of the batch.
    """

    def __init__(self, reason: str, *, topic: str | None) -> None:
        super().__init__(reason)
        self.topic = topic


class AbortedError(Exception):
    """Nothing was sent; the same batch may pass at once. So it is after a refusal, when numbers do not follow on."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record to send; `topic` is the full name, a `value` of None a tombstone."""

    topic: str
    key: str
    value: str | None
    headers: list[tuple[str, bytes]]


class RelayProducer:
    """Sends batches, each as one transaction.

    Parameters
    ----------
    kafka
        The broker.
    transactional_id
        Without the deployment's prefix; the same for every relay of a schema.
    meanwhile
        Called every `SLICE_SECONDS` of waiting; what it raises ends the wait, and the batch is then in doubt.
    """

    def __init__(self, kafka: Kafka, *, transactional_id: str, meanwhile: Callable[[], None]) -> None:
        self._meanwhile = meanwhile
        self._refusals: list[tuple[KafkaError, str | None]] = []
        self._producer = Producer(_settings(kafka.bootstrap_servers, kafka.named(transactional_id)), logger=KAFKA_LOG)

    def open(self) -> None:
        """Fence whoever used the transactional id before, and have its open transaction aborted.

        Raises
        ------
        KafkaException
            Kafka is away.
        """
        self._patiently(self._producer.init_transactions)

    def send(self, records: Iterable[Record]) -> None:
        """Send a batch: all of it is committed, or none.

        Give a generator: thousands of records that live at once keep Python's cycle collector busy (a third of all
        processor time was measured).

        Raises
        ------
        FencedError
            Another relay took over; this producer is of no use any more.
        RefusedError
            Nothing was sent, and the same batch would be refused again. The producer stays usable.
        AbortedError
            Nothing was sent. The producer stays usable.
        KafkaException
            Kafka is away. Whether the batch was committed is not known.
        """
        self._refusals.clear()
        try:
            self._producer.begin_transaction()
            for record in records:
                self._producer.produce(
                    record.topic,
                    value=record.value,
                    key=record.key,
                    headers=record.headers,  # type: ignore[arg-type] # its stub wants a list of str | bytes | None
                    on_delivery=self._note,
                )
            self._patiently(self._producer.commit_transaction)
        except KafkaException as raised:
            self._explain(raised)

    def _explain(self, raised: KafkaException) -> NoReturn:
        error: KafkaError = raised.args[0]
        if error.code() in _FENCED:
            raise FencedError(error.str()) from raised
        is_refusal = error.code() in _TOPIC_REFUSED | _RECORD_REFUSED  # found by the library itself
        if not is_refusal and not error.txn_requires_abort():
            raise raised
        self._patiently(self._producer.abort_transaction)
        self._producer.poll(0)  # brings what became of each record
        refusals = self._refusals or ([(error, None)] if is_refusal else [])
        if not refusals:
            raise AbortedError(error.str()) from raised
        refusal, topic = refusals[0]
        raise RefusedError(refusal.str(), topic=topic if refusal.code() in _TOPIC_REFUSED else None) from raised

    def close(self) -> None:
        """Forget what is not sent; an open transaction is aborted by whoever opens the id next."""
        self._producer.purge()
        self._producer.poll(0)
        del self._producer

    def _note(self, error: KafkaError | None, message: Message) -> None:
        """Keep the refusals of a batch; what merely fails with them has other codes."""
        if error is not None and error.code() in _TOPIC_REFUSED | _RECORD_REFUSED:
            self._refusals.append((error, message.topic()))

    def _patiently(self, call: Callable[[float], None]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                call(SLICE_SECONDS)
            except KafkaException as error:
                if not error.args[0].retriable() or time.monotonic() > deadline:
                    raise
                self._meanwhile()
            else:
                return


def _settings(bootstrap_servers: str, transactional_id: str) -> dict[str, str | int | float | bool]:
    return {
        "bootstrap.servers": bootstrap_servers,
        "transactional.id": transactional_id,
        "acks": "all",
        "enable.idempotence": True,
        # The partition of a key as Kafka's Java client and Debezium choose it; librdkafka's own choice is another.
        "partitioner": "murmur2_random",
        # A batch is handed over within a few milliseconds, and the commit sends what is left at once.
        "linger.ms": 5,
        # Any consumer can read it without a further library; a topic's own compression.type has the broker compress.
        "compression.type": "none",
        "delivery.report.only.error": True,
        "message.timeout.ms": int(PATIENCE_SECONDS * 1000),
        # The broker aborts what a dead relay left open after this; a living successor does so at once.
        "transaction.timeout.ms": 30_000,
        # Defaults would wait up to 10 s after an outage, and up to 30 s for a topic that does not exist.
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 1_000,
        "topic.metadata.refresh.fast.interval.ms": 100,
        "topic.metadata.propagation.max.ms": 3_000,
        "log.connection.close": False,
    }
