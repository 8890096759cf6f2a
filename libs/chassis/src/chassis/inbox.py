"""The inbox: which events a consumer has applied, written with the effect."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Column, DateTime, MetaData, Table, Text, Uuid, func, text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event


def inbox_table(metadata: MetaData) -> Table:
    """Define the inbox in a service's metadata."""
    return Table(
        "inbox",
        metadata,
        Column("consumer", Text, primary_key=True),
        Column("event_id", Uuid, primary_key=True),
        Column(
            "received_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp(), index=True
        ),
    )


# Sorted, so that two batches that share events wait for each other instead of dead-locking. One text instead of an
# array of parameters, and no RETURNING: both cost more per event than the row itself.
_CLAIM = text(
    "INSERT INTO inbox (consumer, event_id)"
    " SELECT :consumer, CAST(event_id AS uuid) FROM unnest(string_to_array(:ids, ',')) AS given(event_id)"
    " ORDER BY 2 ON CONFLICT DO NOTHING"
)
# Rows that this very transaction wrote; those of others may have been there before.
_CLAIMED = text(
    "SELECT event_id FROM inbox WHERE consumer = :consumer"
    " AND event_id = ANY(CAST(string_to_array(:ids, ',') AS uuid[])) AND xmin = CAST(pg_current_xact_id() AS xid)"
)
_FORGET = text("DELETE FROM inbox WHERE received_at < clock_timestamp() - make_interval(days => :days)")

RETENTION_DAYS = 30
"""Twice the longest retention of a topic whose facts are changes: a replay finds the rows still there."""


async def claim_events(connection: AsyncConnection, *, consumer: str, events: Sequence[Event]) -> list[Event]:
    """Take the events that this consumer has not applied yet, in their order, each once.

    Call it in the transaction of the effect: both happen or neither.
    """
    first: dict[UUID, Event] = {}
    for event in events:
        first.setdefault(event.id, event)
    if not first:
        return []
    values = {"consumer": consumer, "ids": ",".join(map(str, first))}
    claimed = (await connection.execute(_CLAIM, values)).rowcount
    if claimed == len(first):
        return list(first.values())
    fresh = set((await connection.execute(_CLAIMED, values)).scalars())
    return [event for event_id, event in first.items() if event_id in fresh]


async def forget_old_events(connection: AsyncConnection) -> int:
    """Delete rows older than `RETENTION_DAYS`; returns how many."""
    return (await connection.execute(_FORGET, {"days": RETENTION_DAYS})).rowcount
