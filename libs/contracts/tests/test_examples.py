"""Every event has an example that its model and both of its schemas accept."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from contracts.envelope import Event
from contracts.events.registry import EVENTS
from contracts.examples import example_record, example_types
from contracts.schemas import SIDES, Schema, Side, event_schema
from contracts.topics import TOPICS

WITH_DATA = [event_type for event_type, event in EVENTS.items() if not event.is_tombstone]
TOMBSTONES = sorted(EVENTS.keys() - set(WITH_DATA))


def key_of(topic: str, value: dict[str, Any]) -> str:
    match topic:
        case "accounts.v1":
            return str(value.get("user_id", value.get("anonymous_id")))
        case "installs.v1":
            return f"{value['owner_id']}:{value['plugin_id']}"
        case "organisations.v1":
            return str(value["organisation_id"])
        case "plugins.v1":
            return str(value["plugin"]["plugin_id"])
        case _:
            return str(value["plugin_id"])


def validator(event_type: str, side: Side) -> Draft202012Validator:
    schema = event_schema(EVENTS[event_type], side)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def objects_below(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give the path of every object; a plugin's own settings schema is open, so what is below it is left out."""
    if isinstance(value, dict):
        yield path
        for name, below in value.items():
            if name != "settings_schema":
                yield from objects_below(below, (*path, name))
    if isinstance(value, list):
        for index, below in enumerate(value):
            yield from objects_below(below, (*path, index))


def with_stranger(value: Any, path: tuple[Any, ...]) -> Any:
    changed = copy.deepcopy(value)
    place = changed
    for step in path:
        place = place[step]
    place["of_a_newer_producer"] = True
    return changed


def test_every_event_has_an_example() -> None:
    assert example_types() == sorted(EVENTS)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("event_type", sorted(EVENTS))
def test_an_example_is_valid(event_type: str, side: Side) -> None:
    validator(event_type, side).validate(example_record(event_type)["value"])


@pytest.mark.parametrize("event_type", WITH_DATA)
def test_an_example_is_what_the_model_writes(event_type: str) -> None:
    value = example_record(event_type)["value"]
    assert json.loads(EVENTS[event_type].model_validate(value).model_dump_json()) == value


@pytest.mark.parametrize("event_type", WITH_DATA)
def test_readers_take_what_is_new_at_every_level_and_the_producer_schema_refuses_it(event_type: str) -> None:
    value = example_record(event_type)["value"]
    for path in objects_below(value):
        newer = with_stranger(value, path)
        assert validator(event_type, "reader").is_valid(newer), path
        assert not validator(event_type, "producer").is_valid(newer), path


def test_an_open_enumeration_may_grow_for_readers_only() -> None:
    value: Any = example_record("plugin-document.v1")["value"]
    value["category"] = "audio"
    assert validator("plugin-document.v1", "reader").is_valid(value)
    assert not validator("plugin-document.v1", "producer").is_valid(value)


@pytest.mark.parametrize("event_type", TOMBSTONES)
def test_a_tombstone_is_a_null_value_on_a_compacted_topic(event_type: str) -> None:
    record = example_record(event_type)
    assert record["value"] is None
    assert {topic.name: topic.cleanup for topic in TOPICS}[record["topic"]] == "compact"


@pytest.mark.parametrize("event_type", sorted(EVENTS))
def test_an_example_is_a_whole_record(event_type: str) -> None:
    record = example_record(event_type)
    value, headers = record["value"], record["headers"]
    event = Event.from_record(
        key=record["key"].encode(),
        value=None if value is None else json.dumps(value).encode(),
        headers=[(name, text.encode()) for name, text in headers.items()],
    )
    assert {name: text.decode() for name, text in event.headers()} == headers
    assert (event.type, record["topic"], event.key) == (event_type, EVENTS[event_type].topic, headers["ce_subject"])
    (producer,) = {topic.producer for topic in TOPICS if topic.name == record["topic"]}
    assert event.source == f"/{producer}"
    if value is not None:
        assert record["key"] == key_of(record["topic"], value)


def test_schemas_have_no_loose_ends() -> None:
    for event_type in WITH_DATA:
        schema = event_schema(EVENTS[event_type], "producer")
        assert_closed(schema, event_type)


def assert_closed(schema: Schema, where: str) -> None:
    for name, below in {**schema.get("$defs", {}), **schema.get("properties", {})}.items():
        assert_closed(below, f"{where}/{name}")
    if schema.get("type") == "object" and not where.endswith("/settings_schema"):
        assert schema.get("additionalProperties") is False, where
