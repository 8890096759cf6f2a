"""One whole record of every event, as it stands on its topic."""

import json
from importlib.resources import files
from typing import Any, TypedDict


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
