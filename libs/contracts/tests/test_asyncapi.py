"""The AsyncAPI document is current, valid by the official schema, and says what topics and records are like."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from contracts.asyncapi import asyncapi_document
from contracts.envelope import Event
from contracts.events.registry import EVENTS
from contracts.examples import example_record
from contracts.schemas import json_text
from contracts.topics import TOPICS

FOLDER = Path(__file__).parent
DOCUMENT = asyncapi_document()


@pytest.fixture(scope="module")
def official() -> Draft7Validator:
    return Draft7Validator(json.loads((FOLDER / "data/asyncapi/3.0.0.json").read_text("utf-8")))


def payload_validator(event_type: str) -> Draft202012Validator:
    payload = DOCUMENT["components"]["messages"][event_type]["payload"]
    return Draft202012Validator({**payload, "components": DOCUMENT["components"]})


def test_the_committed_document_is_that_of_the_models() -> None:
    assert (FOLDER.parent / "asyncapi.json").read_text("utf-8") == json_text(DOCUMENT), "run 'make schemas'"


def test_the_document_is_valid_by_the_official_schema(official: Draft7Validator) -> None:
    assert [f"{list(error.absolute_path)}: {error.message}" for error in official.iter_errors(DOCUMENT)] == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda document: document.update(asyncapi="2.6.0"),
        lambda document: document["operations"]["state-plugins"].update(action="publish"),
        lambda document: document["channels"]["plugins.v1"]["bindings"]["kafka"].update(partitions=0),
        lambda document: document["components"]["schemas"]["PluginState"].update(type="record"),
    ],
)
def test_the_official_schema_sees_what_is_wrong(
    official: Draft7Validator, spoil: Callable[[dict[str, Any]], None]
) -> None:
    spoilt = copy.deepcopy(DOCUMENT)
    spoil(spoilt)
    assert not official.is_valid(spoilt)


def test_every_topic_is_a_channel_with_its_settings_and_every_event_a_message() -> None:
    assert set(DOCUMENT["channels"]) == {topic.name for topic in TOPICS}
    for topic in TOPICS:
        channel = DOCUMENT["channels"][topic.name]
        binding = channel["bindings"]["kafka"]
        assert (channel["address"], binding["partitions"]) == (topic.name, topic.partitions)
        assert binding["topicConfiguration"]["cleanup.policy"] == [topic.cleanup]
        assert binding["topicConfiguration"]["retention.ms"] == topic.retention_ms
        assert set(channel["messages"]) == {name for name, event in EVENTS.items() if event.topic == topic.name}


@pytest.mark.parametrize("event_type", sorted(EVENTS))
def test_an_example_fits_the_message(event_type: str) -> None:
    (example,) = DOCUMENT["components"]["messages"][event_type]["examples"]
    payload_validator(event_type).validate(example["payload"])
    headers = DOCUMENT["components"]["messageTraits"]["cloudEvent"]["headers"]
    Draft202012Validator(headers, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(example["headers"])


def test_the_headers_are_those_of_the_envelope() -> None:
    record = example_record("plugin.updated.v1")
    headers = [(name, text.encode()) for name, text in record["headers"].items()]
    written = dict(Event.from_record(key=b"chart-js", value=b"{}", headers=headers).headers())
    described = DOCUMENT["components"]["messageTraits"]["cloudEvent"]["headers"]
    assert set(described["properties"]) == set(written)
    assert set(described["required"]) == set(written) - {"traceparent"}
