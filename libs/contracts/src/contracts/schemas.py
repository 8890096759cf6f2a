"""Generates the committed JSON Schemas of the events: one file a type, draft 2020-12, open for reading.

Unknown properties are permitted, because a newer producer may send more; a reader ignores what it does not know.
"""

import json
from pathlib import Path
from typing import Any

from contracts.envelope import EventData
from contracts.events.registry import EVENTS


def event_schema(event: type[EventData]) -> dict[str, Any]:
    """Give the JSON Schema of an event's data."""
    schema = event.model_json_schema(mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:plugin-platform:event:{event.event_type}",
        "x-topic": event.topic,
        **schema,
    }


def schema_texts() -> dict[str, str]:
    """Give the content of every schema file: mapping file name → JSON text."""
    return {
        f"{event_type}.schema.json": json.dumps(event_schema(event), indent=2, sort_keys=True, ensure_ascii=False)
        + "\n"
        for event_type, event in sorted(EVENTS.items())
    }


def write_schemas(directory: Path) -> None:
    """Make the directory hold exactly the current schemas."""
    directory.mkdir(parents=True, exist_ok=True)
    texts = schema_texts()
    for path in directory.glob("*.schema.json"):
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        (directory / name).write_text(text, "utf-8")
