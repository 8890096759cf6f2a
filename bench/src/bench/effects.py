"""Effects as our services have them, each one transaction a batch.

A *count* adds up changes, each once by its inbox row. A *projection* keeps the newest state of each key, guarded by the
sequence; it needs no inbox.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from urllib.parse import quote

import psycopg
from sqlalchemy import BigInteger, Column, MetaData, Table, Text, create_engine, text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.db import Database
from chassis.inbox import claim_events, inbox_table
from contracts.envelope import Event

SCHEMA = "bench_effects"
CONSUMER = "bench"

_COUNT = text(
    "INSERT INTO effects (key, applied) SELECT * FROM unnest(CAST(:keys AS text[]), CAST(:counts AS bigint[]))"
    " ON CONFLICT (key) DO UPDATE SET applied = effects.applied + excluded.applied"
)
_PROJECT = text(
    "INSERT INTO states (key, sequence, body) SELECT * FROM"
    " unnest(CAST(:keys AS text[]), CAST(:sequences AS bigint[]), CAST(:bodies AS text[]))"
    " ON CONFLICT (key) DO UPDATE SET sequence = excluded.sequence, body = excluded.body"
    " WHERE states.sequence < excluded.sequence"
)

State = tuple[str, int, str]
"""Key, sequence and body."""


class Effects:
    """Effects in a schema of their own.

    Parameters
    ----------
    admin_url
        Of the cluster.
    """

    def __init__(self, admin_url: str) -> None:
        with psycopg.connect(admin_url, autocommit=True) as connection:
            connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
            connection.execute(f"CREATE SCHEMA {SCHEMA}")
        options = quote(f"-csearch_path={SCHEMA}")
        url = f"{admin_url}?options={options}".replace("postgresql://", "postgresql+psycopg://")
        metadata = MetaData()
        inbox_table(metadata)
        Table("effects", metadata, Column("key", Text, primary_key=True), Column("applied", BigInteger, nullable=False))
        Table(
            "states",
            metadata,
            Column("key", Text, primary_key=True),
            Column("sequence", BigInteger, nullable=False),
            Column("body", Text, nullable=False),
        )
        engine = create_engine(url)
        metadata.create_all(engine)
        engine.dispose()
        self._database = Database(url=url, pool_size=2)
        self.applied = 0
        self.on_applied: Callable[[Sequence[Event]], None] = lambda _: None

    async def count(self, events: Sequence[Event]) -> None:
        """Count events as a consumer's handler does, each once."""
        async with self._database.transaction() as connection:
            fresh = await claim_events(connection, consumer=CONSUMER, events=events)
            await self._add(connection, [event.key for event in fresh])
        self._note(fresh)

    async def project(self, events: Sequence[Event]) -> None:
        """Keep the newest state of each key as a consumer's handler does."""
        newest = {event.key: (event.key, event.sequence, (event.data or b"").decode()) for event in events}
        await self.write_states(list(newest.values()))
        self._note(events)

    async def add_only(self, keys: Sequence[str]) -> None:
        """Count as many events as there are keys, without events and inbox."""
        async with self._database.transaction() as connection:
            await self._add(connection, keys)

    async def write_states(self, states: Sequence[State]) -> None:
        """Write states, of different keys."""
        ordered = sorted(states)
        values = {
            "keys": [state[0] for state in ordered],
            "sequences": [state[1] for state in ordered],
            "bodies": [state[2] for state in ordered],
        }
        async with self._database.transaction() as connection:
            await connection.execute(_PROJECT, values)

    async def _add(self, connection: AsyncConnection, keys: Sequence[str]) -> None:
        counts = Counter(keys)
        values = {"keys": sorted(counts), "counts": [counts[key] for key in sorted(counts)]}
        await connection.execute(_COUNT, values)

    def _note(self, events: Sequence[Event]) -> None:
        self.applied += len(events)
        self.on_applied(events)

    async def close(self) -> None:
        """Close the connections."""
        await self._database.close()
