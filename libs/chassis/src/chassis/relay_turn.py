"""One turn of the active relay, from the lock to its loss."""

import threading
from collections.abc import Sequence

import structlog
from prometheus_client import Counter, Gauge, Histogram

from chassis.kafka import Kafka
from chassis.process import Heartbeat
from chassis.relay_holds import Holds
from chassis.relay_producer import AbortedError, Record, RefusedError, RelayProducer
from chassis.relay_session import OutboxRow, OutboxSession
from contracts.envelope import Event

BATCH_ROWS = 1_000
"""Rows in one Kafka transaction at most; twice as many are hardly faster (docs/decisions/0006)."""

FIRST_ROWS = 100
BATCH_BYTES = 8 * 1024 * 1024
"""Of payloads, about: rows are asked for by the mean size of the last batch, so that memory stays bounded."""

ABORTS_AT_MOST = 3
"""In a row; a new producer is tried after that."""

RELAYED = Counter("outbox_relayed_total", "Events moved from the outbox to Kafka", ("schema",))
REFUSED = Counter("outbox_refused_total", "Refusals by Kafka that hold a key or a topic back", ("schema", "topic"))
HELD = Gauge("outbox_held", "Keys and topics held back now because Kafka refused them", ("schema",))
BATCH_SECONDS = Histogram(
    "outbox_publish_batch_seconds",
    "Seconds of one Kafka transaction",
    ("schema",),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)

_log = structlog.get_logger()


class StoppedError(Exception):
    """The process is to end."""


class Turn:
    """Moves batches from `begin` to `end`.

    Parameters
    ----------
    session
        Holds the lock.
    schema, kafka, heartbeat
        As `chassis.relay.Relay`.
    holds
        What Kafka refused, in this turn or an earlier one of this process.
    stopping
        Set when the process is to end: Kafka is waited for no longer.
    """

    def __init__(
        self,
        *,
        session: OutboxSession,
        schema: str,
        kafka: Kafka,
        heartbeat: Heartbeat,
        holds: Holds,
        stopping: threading.Event,
    ) -> None:
        self.moved = 0
        self._session = session
        self._schema = schema
        self._kafka = kafka
        self._heartbeat = heartbeat
        self._stopping = stopping
        self._producer = RelayProducer(kafka, transactional_id=f"relay.{schema}", meanwhile=self._meanwhile)
        self._holds = holds
        self._rows = FIRST_ROWS
        self._aborted = 0

    def begin(self) -> None:
        """Fence former relays, before the first row is read: what they send from now on is refused.

        Raises
        ------
        KafkaException, psycopg.OperationalError, StoppedError
            As `move_batch`.
        """
        self._producer.open()

    def move_batch(self) -> bool:
        """Send the first rows and delete them; says whether there may be more. `moved` is how many went.

        Raises
        ------
        FencedError
            Another relay took over.
        AbortedError
            Kafka aborts again and again.
        psycopg.OperationalError, KafkaException
            A server is away; the next turn begins with the same rows.
        StoppedError
            The process is to end and Kafka is slow.
        """
        wanted = self._rows
        topics, keys = self._holds.topics, self._holds.keys
        HELD.labels(self._schema).set(len(topics) + len(keys))
        rows = self._session.fetch(wanted, topics=topics, keys=keys)
        self.moved = 0
        if not rows:
            return False
        try:
            with BATCH_SECONDS.labels(self._schema).time():
                self._producer.send(self._record(row) for row in rows)
        except RefusedError as error:
            self._refused(rows, error)
            return True
        except AbortedError as error:
            self._aborted += 1
            _log.warning("relay_aborted", schema=self._schema, times=self._aborted, reason=str(error))
            if self._aborted > ABORTS_AT_MOST:
                raise
            return True
        self._aborted = 0
        # Killed between that commit and this line, the next relay sends these rows again: consumers deduplicate.
        self._session.delete(rows)
        self.moved = len(rows)
        RELAYED.labels(self._schema).inc(len(rows))
        mean_bytes = sum(len(row.payload or "") for row in rows) // len(rows)
        self._rows = max(1, min(BATCH_ROWS, 2 * wanted, BATCH_BYTES // (mean_bytes + 1)))
        return len(rows) == wanted

    def end(self) -> None:
        """Forget the producer."""
        self._producer.close()

    def _refused(self, rows: Sequence[OutboxRow], error: RefusedError) -> None:
        """Hold back what was refused; where one of several rows was, look for it in ever smaller batches."""
        first = rows[0]
        if error.topic is not None:
            topic = error.topic.removeprefix(self._kafka.prefix)
            pause = self._holds.hold_topic(topic)
            key = None
        elif len(rows) == 1:
            topic, key = first.aggregatetype, first.aggregateid
            pause = self._holds.hold_key(topic, key)
        else:
            self._rows = len(rows) // 2
            return
        self._rows = FIRST_ROWS
        REFUSED.labels(self._schema, topic).inc()
        _log.error(
            "relay_refused",
            schema=self._schema,
            topic=topic,
            key=key,
            position=first.position if key is not None else None,
            reason=str(error),
            retry_in_seconds=pause,
        )

    def _meanwhile(self) -> None:
        """While Kafka is waited for, show both the process's watch and PostgreSQL that this relay turns."""
        if self._stopping.is_set():
            raise StoppedError
        self._heartbeat.beat()
        self._session.ping()

    def _record(self, row: OutboxRow) -> Record:
        event = Event(
            id=row.id,
            type=row.type,
            source=f"/{self._schema}",
            key=row.aggregateid,
            sequence=row.sequence,
            time=row.occurred_at,
            data=row.payload.encode() if row.payload is not None else None,
            traceparent=row.traceparent,
        )
        return Record(self._kafka.named(row.aggregatetype), event.key, row.payload, event.headers())
