"""One whole record of every event, as it stands on its topic."""

import json
from dataclasses import replace
from importlib.resources import files
from typing import Any, TypedDict
from uuid import uuid4

from contracts.envelope import Event

EXAMPLE_PLUGIN_ID = "chart-js"


class ExampleRecord(TypedDict):
    """A Kafka record in JSON: texts for bytes; a null value is a tombstone."""

    topic: str
    key: str
    headers: dict[str, str]
    value: dict[str, Any] | None


def example_types() -> list[str]:
    """List the event types that have an example, sorted."""
    names = (file.name for file in files(__name__).iterdir())
    return sorted(name.removesuffix(".json") for name in names if name.endswith(".json"))


def example_record(event_type: str) -> ExampleRecord:
    """Read the example of an event type."""
    record: ExampleRecord = json.loads(files(__name__).joinpath(f"{event_type}.json").read_text("utf-8"))
    return record


def example_event(event_type: str, *, plugin_id: str = EXAMPLE_PLUGIN_ID) -> Event:
    """Give the example as an event with an id of its own, of a plugin of the caller's choice.

    Tests take it to say on a topic what the real producer would say.
    """
    text = json.dumps(example_record(event_type)).replace(EXAMPLE_PLUGIN_ID, plugin_id)
    record: ExampleRecord = json.loads(text)
    event = Event.from_record(
        key=record["key"].encode(),
        value=None if record["value"] is None else json.dumps(record["value"]).encode(),
        headers=[(name, value.encode()) for name, value in record["headers"].items()],
    )
    return replace(event, id=uuid4())
