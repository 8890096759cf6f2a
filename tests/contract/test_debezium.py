"""The connector configuration of Debezium's outbox event router fits the table and repeats the relay's headers."""

import json
import uuid
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import MetaData

from chassis.outbox import outbox_table
from contracts.envelope import CONTENT_TYPE, SPEC_VERSION, Event

CONFIGURATION: dict[str, str] = json.loads(
    (Path(__file__).parents[2] / "deploy/debezium/connector.json").read_text("utf-8")
)["config"]
ROUTER = "transforms.router."
COLUMNS = {column.name for column in outbox_table(MetaData()).columns}


def placements() -> dict[str, str]:
    """Header → the column it is filled from."""
    triples = [each.split(":") for each in CONFIGURATION[f"{ROUTER}table.fields.additional.placement"].split(",")]
    assert {placement for _, placement, _ in triples} == {"header"}, "an envelope would change the value"
    return {header: column for column, _, header in triples}


def literals() -> dict[str, str]:
    """Header → the text it always has."""
    names = [each for each in CONFIGURATION["transforms"].split(",") if each != "router"]
    return {
        CONFIGURATION[f"transforms.{name}.header"]: CONFIGURATION[f"transforms.{name}.value.literal"] for name in names
    }


def test_every_column_it_names_is_in_the_table() -> None:
    options = ("table.field.event.id", "table.field.event.key", "table.field.event.payload", "route.by.field")
    named = {CONFIGURATION[ROUTER + option] for option in options} | set(placements().values())
    assert named <= COLUMNS
    assert CONFIGURATION[f"{ROUTER}table.field.event.key"] == "aggregateid"
    assert CONFIGURATION[f"{ROUTER}route.by.field"] == "aggregatetype"
    assert CONFIGURATION[f"{ROUTER}route.topic.replacement"] == "${routedByValue}"


def test_it_gives_every_header_that_the_relay_gives() -> None:
    event = Event(
        id=uuid.uuid4(),
        type="thing.happened.v1",
        source="/SCHEMA",
        key="key",
        sequence=7,
        time=datetime.now(UTC),
        data=b"{}",
        traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    )
    assert set(placements()) | set(literals()) == {name for name, _ in event.headers()}
    assert placements() == {
        "ce_id": "id",
        "ce_type": "type",
        "ce_subject": "aggregateid",
        "ce_sequence": "sequence",
        "ce_time": "occurred_at",
        "traceparent": "traceparent",
    }
    assert literals() == {"ce_source": "/SCHEMA", "ce_specversion": SPEC_VERSION, "content-type": CONTENT_TYPE}


def test_it_reads_one_outbox_in_order_and_makes_tombstones() -> None:
    assert CONFIGURATION["table.include.list"] == "SCHEMA.outbox"
    assert CONFIGURATION["tasks.max"] == "1"
    assert CONFIGURATION[f"{ROUTER}route.tombstone.on.empty.payload"] == "true"
    assert CONFIGURATION["snapshot.select.statement.overrides.SCHEMA.outbox"].endswith("ORDER BY position")
    assert CONFIGURATION["producer.override.acks"] == "all"
