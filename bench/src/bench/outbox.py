"""An outbox of a benchmark's own, filled by the server itself, and a relay on a thread."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import quote

import psycopg
from prometheus_client import REGISTRY
from sqlalchemy import MetaData, create_engine

from chassis.kafka import Kafka
from chassis.outbox import outbox_table
from chassis.process import Heartbeat
from chassis.relay import Relay

SCHEMA = "bench"
KEYS = 1_000

# Hexadecimal digits of hashes: as compressible as real events are, unlike a repeated letter.
_FILL = (
    "INSERT INTO outbox (aggregatetype, aggregateid, type, payload, sequence, traceparent)"
    " SELECT %(topic)s, 'key-' || n %% %(keys)s, 'bench.happened.v1',"
    " jsonb_build_object('n', n, 'id', gen_random_uuid(), 'filling', (SELECT left(string_agg(md5(n::text || i), ''),"
    " %(filling)s) FROM generate_series(1, 20) AS i)), n, '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'"
    " FROM generate_series(1, %(rows)s) AS n"
)
_OVERHEAD_BYTES = 88  # of the payload, around the filling


class Outbox:
    """A schema with nothing but an outbox.

    Parameters
    ----------
    admin_url
        Of the cluster.
    """

    def __init__(self, admin_url: str) -> None:
        with psycopg.connect(admin_url, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {SCHEMA}")
        options = quote(f"-csearch_path={SCHEMA}")
        self.url = f"{admin_url}?options={options}"
        self.sqlalchemy_url = self.url.replace("postgresql://", "postgresql+psycopg://")
        metadata = MetaData()
        outbox_table(metadata)
        engine = create_engine(self.sqlalchemy_url)
        metadata.create_all(engine)
        engine.dispose()
        self._connection = psycopg.connect(self.url, autocommit=True)

    def fill(self, topic: str, *, rows: int, payload_bytes: int) -> None:
        """Write events."""
        values = {"topic": topic, "keys": KEYS, "rows": rows, "filling": payload_bytes - _OVERHEAD_BYTES}
        self._connection.execute(_FILL, values)

    def mebibytes(self) -> float:
        """Return the size of table, indexes and what is stored beside it."""
        row = self._connection.execute("SELECT pg_total_relation_size('outbox')").fetchone()
        return float(row[0]) / 1024**2 if row else 0.0

    def vacuum(self) -> None:
        """Vacuum now, as autovacuum does within a minute."""
        self._connection.execute("VACUUM outbox")

    @contextmanager
    def old_transaction(self) -> Iterator[None]:
        """Keep a transaction open that sees the past, so that no dead row may be cleared away."""
        with psycopg.connect(self.url) as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            connection.execute("SELECT 1 FROM outbox LIMIT 1")
            yield
            connection.rollback()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def relayed() -> int:
    """Return how many events relays of this process have moved."""
    return int(REGISTRY.get_sample_value("outbox_relayed_total", {"schema": SCHEMA}) or 0)


def wait_until_relayed(count: int, *, timeout_seconds: float) -> float:
    """Wait until so many events were moved in all; returns the moment.

    Raises
    ------
    TimeoutError
        They were not.
    """
    deadline = time.monotonic() + timeout_seconds
    while relayed() < count:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{relayed():,} of {count:,} events were relayed in {timeout_seconds} s")
        time.sleep(0.005)
    return time.monotonic()


@contextmanager
def running_relay(outbox: Outbox, kafka: Kafka) -> Iterator[None]:
    """Run a relay beside this thread."""
    loop = asyncio.new_event_loop()
    relay = Relay(database_url=outbox.sqlalchemy_url, schema=SCHEMA, kafka=kafka, heartbeat=Heartbeat())
    running = loop.create_task(relay.run())

    def run() -> None:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(running)

    thread = threading.Thread(target=run, name="bench.relay")
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(running.cancel)
        thread.join()
        loop.close()
