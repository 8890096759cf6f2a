"""Generates the two JSON Schemas of every event, draft 2020-12.

The *reader* schema is open: a newer producer may send more, and a reader ignores what it does not know. The *producer*
schema is closed: it names everything that is sent today, and two of them say what a change would break.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from contracts.envelope import EventData
from contracts.events.fields import OPEN_ENUM
from contracts.events.registry import EVENTS

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]
Side = Literal["reader", "producer"]
SIDES: tuple[Side, ...] = ("reader", "producer")

_ONE_BELOW = ("items", "additionalProperties", "not")
_MANY_BELOW = ("anyOf", "oneOf", "allOf")
_NAMED_BELOW = ("properties", "$defs")


def event_schema(event: type[EventData], side: Side) -> Schema:
    """Give the JSON Schema of an event's value: null for a tombstone."""
    schema = _value_schema(event)
    head = {"$schema": DIALECT, "$id": f"urn:plugin-platform:event:{event.event_type}:{side}", "x-topic": event.topic}
    return {**head, **map_schemas(schema, _opened if side == "reader" else _closed)}


def schema_texts() -> dict[str, str]:
    """Give the content of every schema file: mapping path, such as ``reader/a.v1.schema.json``, → JSON text."""
    return {
        f"{side}/{event_type}.schema.json": json_text(event_schema(event, side))
        for side in SIDES
        for event_type, event in sorted(EVENTS.items())
    }


def write_schemas(directory: Path) -> None:
    """Make the directory hold exactly the current schemas."""
    texts = schema_texts()
    for path in directory.glob("**/*.schema.json"):
        if str(path.relative_to(directory)) not in texts:
            path.unlink()
    for name, text in texts.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text, "utf-8")


def json_text(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Give the text of a generated file: the same for the same value."""
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def map_schemas(schema: Schema, change: Callable[[Schema], Schema]) -> Schema:
    """Change a schema and every schema below it, innermost first."""
    below: Schema = dict(schema)
    for word in _NAMED_BELOW:
        if word in below:
            below[word] = {name: map_schemas(each, change) for name, each in below[word].items()}
    for word in _MANY_BELOW:
        if word in below:
            below[word] = [map_schemas(each, change) for each in below[word]]
    for word in _ONE_BELOW:
        if isinstance(below.get(word), dict):
            below[word] = map_schemas(below[word], change)
    return change(below)


def _value_schema(event: type[EventData]) -> Schema:
    schema = event.model_json_schema(mode="serialization")
    if event.is_tombstone:
        return {"title": schema["title"], "description": schema["description"], "type": "null"}
    return {**map_schemas(schema, _without_title), "title": schema["title"]}


def _without_title(schema: Schema) -> Schema:
    """Drop what only repeats a name."""
    return {word: value for word, value in schema.items() if word != "title"}


def _opened(schema: Schema) -> Schema:
    if schema.get("additionalProperties") is False:
        return {word: value for word, value in schema.items() if word != "additionalProperties"}
    return schema


def _closed(schema: Schema) -> Schema:
    closed = dict(schema)
    if OPEN_ENUM in schema:
        closed["enum"] = schema[OPEN_ENUM]
    if "properties" in schema:
        closed["additionalProperties"] = False
    return closed
