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


# Sorted, so that two batches that share events wait for each other instead of dead-locking.
_CLAIM = text(
    "INSERT INTO inbox (consumer, event_id)"
    " SELECT :consumer, event_id FROM unnest(CAST(:ids AS uuid[])) AS given(event_id) ORDER BY event_id"
    " ON CONFLICT DO NOTHING RETURNING event_id"
)
_FORGET = text("DELETE FROM inbox WHERE received_at < clock_timestamp() - make_interval(days => :days)")

RETENTION_DAYS = 30
"""Twice the longest retention of a topic whose facts are changes: a replay finds the rows still there."""


async def claim_events(connection: AsyncConnection, *, consumer: str, events: Sequence[Event]) -> list[Event]:
    """Take the events that this consumer has not applied yet, in their order, each once.

    Call it in the transaction of the effect: both happen or neither.
    """
    by_id: dict[UUID, Event] = {event.id: event for event in reversed(events)}
    rows = await connection.execute(_CLAIM, {"consumer": consumer, "ids": list(by_id)})
    fresh = {row.event_id for row in rows}
    result: list[Event] = []
    for event in events:
        if event.id in fresh:
            fresh.remove(event.id)
            result.append(event)
    return result


async def forget_old_events(connection: AsyncConnection) -> int:
    """Delete rows older than `RETENTION_DAYS`; returns how many."""
    return (await connection.execute(_FORGET, {"days": RETENTION_DAYS})).rowcount
