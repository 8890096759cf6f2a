"""The relay's one connection to PostgreSQL: it holds the lock, reads and deletes, so who loses it loses all three."""

import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime
from types import TracebackType
from typing import Any, NamedTuple, Self
from uuid import UUID

from psycopg import Connection
from psycopg.errors import QueryCanceled
from sqlalchemy import make_url

from chassis.db import CONNECT_TIMEOUT_SECONDS
from chassis.outbox_floor import Floor

IDLE_MS = 2_500
"""PostgreSQL ends the session of a relay that has not turned for this long, and with it its lock."""

DEPTH_LIMIT = 100_000
"""Counting stops here: a backlog may be long, and its measure must not be."""

VACUUM_ROWS = 100_000
VACUUM_SECONDS = 10.0
"""The relay vacuums after so many deletions, this long apart at least: autovacuum looks once a minute, when a burst
has long grown the table (docs/decisions/0006)."""

_OPTIONS = (
    f"-c application_name=relay -c idle_session_timeout={IDLE_MS}ms -c tcp_user_timeout={IDLE_MS}ms"
    # The table is empty at rest and long in a backlog; statistics of one mislead in the other.
    " -c enable_seqscan=off -c enable_bitmapscan=off -c enable_sort=off"
)
_SELECT = (
    "SELECT position, id, aggregatetype, aggregateid, type, payload::text AS payload, sequence, traceparent,"
    " occurred_at FROM outbox WHERE position > %(floor)s{held} ORDER BY position LIMIT %(rows)s"
)
_HELD = " AND aggregatetype <> ALL(%(topics)s) AND (aggregatetype || '/' || aggregateid) <> ALL(%(keys)s)"
_DELETE = "DELETE FROM outbox WHERE position = ANY(%s)"
# Giving pages back to the file system would wait for writers; autovacuum does that when they are away.
_VACUUM = "VACUUM (SKIP_LOCKED, TRUNCATE FALSE) outbox"
_TRY_LOCK = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
_BACKLOG = (
    "SELECT (SELECT count(*) FROM (SELECT FROM outbox WHERE position > %(floor)s LIMIT %(limit)s) AS counted),"
    " (SELECT extract(epoch FROM clock_timestamp() - occurred_at) FROM outbox WHERE position > %(floor)s"
    " ORDER BY position LIMIT 1)"
)


class OutboxRow(NamedTuple):
    """A row as it is sent; `payload` is JSON text, None for a tombstone."""

    position: int
    id: UUID
    aggregatetype: str
    aggregateid: str
    type: str
    payload: str | None
    sequence: int
    traceparent: str | None
    occurred_at: datetime


class OutboxSession:
    """One session; a context manager that closes it.

    Every method raises `psycopg.OperationalError` when the session or the server is gone.
    """

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection
        self._floor = Floor(connection)
        self._dead = 0
        self._vacuumed_at = 0.0

    @classmethod
    def open(cls, database_url: str) -> Self:
        """Connect by a SQLAlchemy URL."""
        url = make_url(database_url)
        given = url.query.get("options", "")
        address = url.set(drivername="postgresql").difference_update_query(["options"])
        connection = Connection.connect(
            address.render_as_string(hide_password=False),
            autocommit=True,
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            # A server that vanished without a word is noticed within about ten seconds.
            tcp_user_timeout=10_000,
            keepalives_idle=5,
            keepalives_interval=2,
            keepalives_count=3,
            options=f"{given} {_OPTIONS}".strip(),
        )
        return cls(connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self._connection.close()

    @property
    def floor(self) -> int:
        """Where polls begin: no row at or below this position can appear any more."""
        return self._floor.value

    def try_lock(self, schema: str) -> bool:
        """Take the schema's lock for as long as the session lives; False where another relay has it."""
        answer = self._connection.execute(_TRY_LOCK, (f"relay:{schema}",)).fetchone()
        return bool(answer and answer[0])

    def fetch(self, rows: int, *, topics: Collection[str], keys: Collection[str]) -> list[OutboxRow]:
        """Read the first rows in position order, without those of held topics and held keys (``topic/key``)."""
        held = _HELD if topics or keys else ""
        values = {"floor": self.floor, "rows": rows, "topics": list(topics), "keys": list(keys)}
        answer = self._connection.execute(_SELECT.format(held=held), values, binary=True)
        found = [OutboxRow._make(row) for row in answer.fetchall()]
        if not held:
            self._floor.found(found[0].position if found else None)
        self._floor.look()
        return found

    def delete(self, rows: Sequence[OutboxRow]) -> None:
        """Delete rows that were read, and clear away what is dead now and then."""
        self._connection.execute(_DELETE, ([row.position for row in rows],))
        self._floor.moved(rows[-1].position)
        self._dead += len(rows)
        if self._dead >= VACUUM_ROWS and time.monotonic() - self._vacuumed_at > VACUUM_SECONDS:
            self._vacuum()

    def _vacuum(self) -> None:
        self._dead = 0
        with suppress(QueryCanceled):  # the role's time limit: autovacuum has none
            self._connection.execute(_VACUUM)
        self._vacuumed_at = time.monotonic()

    def backlog(self) -> tuple[int, float]:
        """Return how many rows there are, counted to `DEPTH_LIMIT`, and the age of the first in seconds."""
        values = {"floor": self.floor, "limit": DEPTH_LIMIT}
        answer = self._connection.execute(_BACKLOG, values).fetchone()
        depth, age = answer or (0, None)
        return int(depth), float(age or 0.0)

    def ping(self) -> None:
        """Show the server that this process still turns."""
        self._connection.execute("SELECT 1")
