"""The relay: moves outbox rows to Kafka in order, one active relay per schema.

It reads the rows that are *there* (published ones are deleted), in position order, so it cannot skip a row whose
transaction commits late, as a cursor would. The advisory lock lives on the connection that also reads and deletes:
who loses the connection loses the lock. A fixed transactional id fences a relay that slept past its turn (design,
section 4).
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from prometheus_client import Counter, Gauge
from sqlalchemy import text
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from chassis.kafka import Kafka
from chassis.process import Heartbeat
from contracts.envelope import Event

BATCH_ROWS = 500
"""Rows in one Kafka transaction: 10k events a second were measured at this size (design, section 4)."""

BUSY_SECONDS = 0.01
IDLE_SECONDS = 0.1
"""Poll intervals after work and at rest; NOTIFY would halve write throughput (design, section 4)."""

LOCK_RETRY_SECONDS = 1.0

RELAYED = Counter("outbox_relayed_total", "Events moved from the outbox to Kafka", ("schema",))
BACKLOG_AGE = Gauge("outbox_oldest_seconds", "Age of the oldest event not yet relayed", ("schema",))

_log = structlog.get_logger()

_SELECT = text(
    "SELECT position, id, aggregatetype, aggregateid, type, payload::text AS payload, sequence, traceparent,"
    " occurred_at, extract(epoch FROM clock_timestamp() - occurred_at) AS age_seconds"
    " FROM outbox ORDER BY position LIMIT :rows"
)
_DELETE = text("DELETE FROM outbox WHERE position = ANY(:positions)")
_TRY_LOCK = text("SELECT pg_try_advisory_lock(hashtextextended(:key, 0))")


class Relay:
    """Moves one schema's outbox.

    Parameters
    ----------
    database_url
        SQLAlchemy URL of the schema's role.
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

    async def run(self) -> None:
        """Relay until cancelled; raises when a server is lost, after which it may be called again."""
        engine = create_async_engine(
            self._url, isolation_level="AUTOCOMMIT", pool_size=1, max_overflow=0, hide_parameters=True
        )
        try:
            async with engine.connect() as connection:
                await self._wait_for_turn(connection)
                await self._relay(connection)
        finally:
            await engine.dispose()

    async def _wait_for_turn(self, connection: AsyncConnection) -> None:
        while not (await connection.execute(_TRY_LOCK, {"key": f"relay:{self._schema}"})).scalar_one():
            self._heartbeat.beat()
            await asyncio.sleep(LOCK_RETRY_SECONDS)
        _log.info("relay_active", schema=self._schema)

    async def _relay(self, connection: AsyncConnection) -> None:
        producer = self._kafka.producer(transactional_id=f"relay.{self._schema}")
        await producer.start()
        try:
            pause = BUSY_SECONDS
            while True:
                self._heartbeat.beat()
                moved = await self._move_batch(connection, producer)
                if moved < BATCH_ROWS:
                    pause = BUSY_SECONDS if moved else min(pause * 2, IDLE_SECONDS)
                    await asyncio.sleep(pause)
        finally:
            await producer.stop()

    async def _move_batch(self, connection: AsyncConnection, producer: AIOKafkaProducer) -> int:
        rows = (await connection.execute(_SELECT, {"rows": BATCH_ROWS})).all()
        BACKLOG_AGE.labels(self._schema).set(float(rows[0].age_seconds) if rows else 0.0)
        if not rows:
            return 0
        await self._send(producer, rows)
        # Killed between that commit and this line, the next relay sends these rows again: consumers deduplicate.
        await connection.execute(_DELETE, {"positions": [row.position for row in rows]})
        RELAYED.labels(self._schema).inc(len(rows))
        return len(rows)

    async def _send(self, producer: AIOKafkaProducer, rows: Sequence[Row[Any]]) -> None:
        async with producer.transaction():
            deliveries = []
            for row in rows:
                event = self._event(row)
                delivery = await producer.send(
                    self._kafka.named(row.aggregatetype),
                    value=event.data,
                    key=event.key.encode(),
                    headers=event.headers(),
                )
                deliveries.append(delivery)
            await asyncio.gather(*deliveries)

    def _event(self, row: Row[Any]) -> Event:
        return Event(
            id=row.id,
            type=row.type,
            source=f"/{self._schema}",
            key=row.aggregateid,
            sequence=row.sequence,
            time=row.occurred_at,
            data=row.payload.encode() if row.payload is not None else None,
            traceparent=row.traceparent,
        )
