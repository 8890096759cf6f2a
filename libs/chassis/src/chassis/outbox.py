"""The transactional outbox: facts written in the transaction that made them true.

The columns ``id``, ``aggregatetype``, ``aggregateid``, ``type`` and ``payload`` are those that Debezium's outbox event
router expects, so that it can take the relay's place. `position` orders rows.

Rule (design, section 4): a writer locks the aggregate's row first; a *later* statement draws the position and builds
the body, so that position order is commit order per key. In one CTE this holds only where the body uses nothing but
the CTE's own RETURNING.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, Identity, MetaData, Table, Text, Uuid, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.telemetry import current_traceparent
from contracts.envelope import EventData

TABLE_NAME = "outbox"

LARGEST_EVENT_BYTES = 900_000
"""Brokers take 1,048,588 bytes and librdkafka a million by default; the rest is for headers. An event that Kafka would
refuse would hold its key back for ever, so it is refused where it is written: its cause is then undone with it."""

_SIZE_CHECK = (
    "octet_length(aggregateid) + coalesce(octet_length(payload::text), 0) + coalesce(octet_length(traceparent), 0)"
    f" <= {LARGEST_EVENT_BYTES}"
)
# Every row dies young, so the table is vacuumed by the number of the dead alone, and at full speed.
_STORAGE = {
    "autovacuum_vacuum_scale_factor": 0,
    "autovacuum_vacuum_threshold": 5_000,
    "autovacuum_vacuum_insert_threshold": -1,
    "autovacuum_vacuum_cost_delay": 0,
    "autovacuum_analyze_scale_factor": 0,
    "autovacuum_analyze_threshold": 1_000_000,
    "toast.autovacuum_vacuum_scale_factor": 0,
    "toast.autovacuum_vacuum_threshold": 5_000,
    "toast.autovacuum_vacuum_insert_threshold": -1,
    "toast.autovacuum_vacuum_cost_delay": 0,
}


def outbox_table(metadata: MetaData) -> Table:
    """Define the outbox in a service's metadata."""
    return Table(
        TABLE_NAME,
        metadata,
        Column("position", BigInteger, Identity(always=True), primary_key=True),
        Column("id", Uuid, nullable=False, server_default=func.gen_random_uuid()),
        Column("aggregatetype", Text, nullable=False, comment="topic without the deployment's prefix"),
        Column("aggregateid", Text, nullable=False, comment="record key: the ordering aggregate"),
        Column("type", Text, nullable=False),
        Column("payload", JSONB(none_as_null=True), nullable=True, comment="null is a tombstone"),
        Column("sequence", BigInteger, nullable=False, comment="the aggregate's number of this event"),
        Column("traceparent", Text, nullable=True),
        Column("occurred_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
        CheckConstraint(_SIZE_CHECK, name="outbox_size_check"),
        postgresql_with=_STORAGE,
    )


_INSERT = text(
    "INSERT INTO outbox (aggregatetype, aggregateid, type, payload, sequence, traceparent)"
    " VALUES (:topic, :key, :type, CAST(:payload AS jsonb), :sequence, :traceparent)"
)


async def append_event(connection: AsyncConnection, *, data: EventData, key: str, sequence: int) -> None:
    """Write one event into the outbox of the transaction at hand.

    Parameters
    ----------
    connection
        Of a `Database.transaction`, which holds the aggregate's row lock.
    data
        The fact.
    key
        The ordering aggregate's id.
    sequence
        The aggregate's new number.
    """
    await connection.execute(_INSERT, outbox_values(data=data, key=key, sequence=sequence))


async def append_tombstone(connection: AsyncConnection, *, event: type[EventData], key: str, sequence: int) -> None:
    """Write a null-valued record, which removes the key from a compacted topic."""
    values = {"topic": event.topic, "key": key, "type": event.event_type, "payload": None, "sequence": sequence}
    await connection.execute(_INSERT, {**values, "traceparent": current_traceparent()})


def outbox_values(*, data: EventData, key: str, sequence: int) -> Mapping[str, Any]:
    """Give the bound values of an outbox row, for statements that write it in a CTE of their own.

    Returns
    -------
    Mapping
        Keys ``topic``, ``key``, ``type``, ``payload`` (JSON text), ``sequence``, ``traceparent``.
    """
    return {
        "topic": data.topic,
        "key": key,
        "type": data.event_type,
        "payload": data.model_dump_json(),
        "sequence": sequence,
        "traceparent": current_traceparent(),
    }
