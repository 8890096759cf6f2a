"""The relay: moves outbox rows to Kafka in order, one active relay per schema.

It reads the rows that are *there* (published ones are deleted), in position order, so it cannot skip a row whose
transaction commits late, as a cursor would. The advisory lock lives on the connection that also reads and deletes:
who loses the connection loses the lock, and PostgreSQL ends the session of a relay that does not turn. A fixed
transactional id fences a relay that slept past its turn (docs/decisions/0006).

The relay blocks, on a thread of its own: on the event loop the reading alone cost twice as much.
"""

import asyncio
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import structlog
from confluent_kafka import KafkaException
from prometheus_client import Gauge

from chassis.kafka import Kafka
from chassis.process import Heartbeat
from chassis.relay_backlog import BacklogMeter
from chassis.relay_holds import Holds
from chassis.relay_producer import AbortedError, FencedError
from chassis.relay_session import OutboxSession
from chassis.relay_turn import StoppedError, Turn

BUSY_SECONDS = 0.01
IDLE_SECONDS = 0.1
"""Poll intervals after work and at rest; NOTIFY would halve write throughput (design, section 4)."""

LOCK_RETRY_SECONDS = 0.25
RETRY_SECONDS = 1.0
"""Between a turn that a lost server or another relay ended and the next attempt; it does not grow, so that a relay
goes on within seconds of the end of a long outage."""

ACTIVE = Gauge("outbox_relay_active", "1 while this process is the schema's active relay, else 0", ("schema",))

_log = structlog.get_logger()


class Relay:
    """Moves one schema's outbox.

    Parameters
    ----------
    database_url
        SQLAlchemy URL of the schema's role; a direct connection, since the lock belongs to a session.
    schema
        Names the lock, the transactional id and the source of the events.
    kafka
        The broker.
    heartbeat
        Told on every turn.
    """

    def __init__(self, *, database_url: str, schema: str, kafka: Kafka, heartbeat: Heartbeat) -> None:
        self._url = database_url
        self._schema = schema
        self._kafka = kafka
        self._heartbeat = heartbeat
        self._holds = Holds()

    async def run(self) -> None:
        """Relay until cancelled; servers that are away and turns that are lost are waited out."""
        stopping = threading.Event()
        thread = ThreadPoolExecutor(1, thread_name_prefix=f"{self._schema}.relay")
        relaying = asyncio.get_running_loop().run_in_executor(thread, self._run, stopping)
        try:
            await asyncio.shield(relaying)
        finally:
            stopping.set()  # what Kafka takes at once is still deleted, so that it is not sent twice
            await asyncio.wait({relaying})
            thread.shutdown()

    def _run(self, stopping: threading.Event) -> None:
        ACTIVE.labels(self._schema).set(0)
        while not stopping.is_set():
            try:
                with OutboxSession.open(self._url) as session:
                    self._take_turn(session, stopping)
            except StoppedError:
                return
            except FencedError as error:
                _log.warning("relay_fenced", schema=self._schema, reason=str(error))
            except (psycopg.OperationalError, KafkaException, AbortedError) as error:
                _log.warning("relay_interrupted", schema=self._schema, error=repr(error)[:500])
            self._heartbeat.beat()
            stopping.wait(RETRY_SECONDS * random.uniform(0.8, 1.2))

    def _take_turn(self, session: OutboxSession, stopping: threading.Event) -> None:
        meter = BacklogMeter(self._schema, session)
        while not session.try_lock(self._schema):
            self._heartbeat.beat()
            meter.measure()
            if stopping.wait(LOCK_RETRY_SECONDS):
                return
        _log.info("relay_active", schema=self._schema)
        active = ACTIVE.labels(self._schema)
        active.set(1)
        turn = Turn(
            session=session,
            schema=self._schema,
            kafka=self._kafka,
            heartbeat=self._heartbeat,
            holds=self._holds,
            stopping=stopping,
        )
        try:
            turn.begin()
            pause = BUSY_SECONDS
            while not stopping.is_set():
                self._heartbeat.beat()
                meter.measure()
                may_have_more = turn.move_batch()
                pause = BUSY_SECONDS if turn.moved else min(pause * 2, IDLE_SECONDS)
                if not may_have_more:
                    stopping.wait(pause)
        finally:
            active.set(0)
            turn.end()
