"""Generates the AsyncAPI 3 document of the topics, from the same models and topics that run.

Payloads are the reader schemas. What AsyncAPI has no word for (who produces, the tombstone) stands in extensions.
"""

from typing import Any

from contracts.envelope import CONTENT_TYPE, SPEC_VERSION, EventData
from contracts.events.registry import EVENTS
from contracts.examples import example_record
from contracts.schemas import Schema, event_schema, map_schemas
from contracts.topics import TOPICS, Topic

ASYNCAPI_VERSION = "3.0.0"
BINDING_VERSION = "0.5.0"

_DESCRIPTION = """\
Facts that the platform states, for whoever wants to follow along. Delivery is at least once and in order per key; read
with `isolation.level=read_committed`, and deduplicate by `ce_sequence` per key, or by `ce_id`. Ignore event types and
properties that you do not know. docs/events.md tells how to subscribe.

A deployment may put a prefix before every topic's name."""


def asyncapi_document() -> dict[str, Any]:
    """Give the whole document."""
    return {
        "asyncapi": ASYNCAPI_VERSION,
        "id": "urn:plugin-platform:events",
        "info": {
            "title": "Plugin Platform events",
            "version": "1.0.0",
            "description": _DESCRIPTION,
            "tags": [{"name": name} for name in sorted({topic.producer for topic in TOPICS})],
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": {
            "kafka": {
                "host": "{bootstrap}",
                "protocol": "kafka",
                "description": "The deployment's Kafka cluster; 4.1 is what is tested.",
                "variables": {"bootstrap": {"default": "127.0.0.1:19092", "description": "host:port of a broker."}},
                "bindings": {"kafka": {"bindingVersion": BINDING_VERSION}},
            }
        },
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": {_operation_id(topic): _operation(topic) for topic in TOPICS},
        "components": {
            "messages": {event_type: _message(event) for event_type, event in EVENTS.items()},
            "messageTraits": {"cloudEvent": {"headers": _headers()}},
            "schemas": _schemas(),
        },
    }


def _channel(topic: Topic) -> dict[str, Any]:
    settings: dict[str, Any] = {name: int(value) for name, value in topic.settings.items() if name != "cleanup.policy"}
    return {
        "address": topic.name,
        "title": topic.name,
        "description": f"{topic.purpose} {topic.retention_reason}",
        "servers": [{"$ref": "#/servers/kafka"}],
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _types_of(topic)},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {"cleanup.policy": [topic.cleanup], **settings},
                "bindingVersion": BINDING_VERSION,
            }
        },
        "x-producer": topic.producer,
    }


def _operation(topic: Topic) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "title": f"{topic.producer} states",
        "summary": topic.purpose,
        "tags": [{"name": topic.producer}],
        "messages": [{"$ref": f"#/channels/{topic.name}/messages/{name}"} for name in _types_of(topic)],
    }


def _operation_id(topic: Topic) -> str:
    return f"state-{topic.name.removesuffix('.v1')}"


def _types_of(topic: Topic) -> list[str]:
    return sorted(event_type for event_type, event in EVENTS.items() if event.topic == topic.name)


def _message(event: type[EventData]) -> dict[str, Any]:
    record = example_record(event.event_type)
    (topic,) = (topic for topic in TOPICS if topic.name == event.topic)
    description = str(event.__doc__)
    return {
        "name": event.event_type,
        "title": event.__name__,
        "summary": description.partition("\n")[0],
        "contentType": CONTENT_TYPE,
        "traits": [{"$ref": "#/components/messageTraits/cloudEvent"}],
        "payload": {"$ref": f"#/components/schemas/{event.__name__}"},
        "bindings": {"kafka": {"key": {"type": "string", "description": topic.key}, "bindingVersion": BINDING_VERSION}},
        "examples": [{"name": event.event_type, "headers": record["headers"], "payload": record["value"]}],
        "x-tombstone": event.is_tombstone,
    }


def _headers() -> Schema:
    texts = {
        "ce_id": ("Unique for the fact; repeated deliveries carry the same.", {"format": "uuid"}),
        "ce_type": ("What happened, with its major version.", {}),
        "ce_source": ("The service that stated it, such as /publishing.", {"format": "uri-reference"}),
        "ce_subject": ("The record's key.", {}),
        "ce_time": ("When it became true.", {"format": "date-time"}),
        "ce_sequence": (
            "The key's number of this event: a decimal, growing, never restarting.",
            {"pattern": "^[1-9][0-9]*$"},
        ),
        "traceparent": ("W3C trace context of the request that caused it.", {}),
    }
    properties: dict[str, Schema] = {
        name: {"type": "string", "description": description, **more} for name, (description, more) in texts.items()
    }
    properties["ce_specversion"] = {"type": "string", "const": SPEC_VERSION}
    properties["content-type"] = {"type": "string", "const": CONTENT_TYPE}
    return {
        "type": "object",
        "description": "CloudEvents 1.0.2 in Kafka's binary mode: attributes as headers, values in UTF-8.",
        "required": sorted(properties.keys() - {"traceparent"}),
        "properties": properties,
    }


def _schemas() -> dict[str, Schema]:
    """Give the reader schemas and what they refer to, each once."""
    found: dict[str, Schema] = {}
    for event in EVENTS.values():
        schema = event_schema(event, "reader")
        parts: dict[str, Schema] = schema.pop("$defs", {})
        own = {word: value for word, value in schema.items() if word not in {"$schema", "$id", "x-topic"}}
        for name, part in {**parts, event.__name__: own}.items():
            moved = map_schemas(part, _moved)
            if found.setdefault(name, moved) != moved:
                raise ValueError(f"two schemas are called {name}")
    return found


def _moved(schema: Schema) -> Schema:
    """Let a reference point to where the document keeps schemas."""
    if "$ref" in schema:
        return {**schema, "$ref": schema["$ref"].replace("#/$defs/", "#/components/schemas/")}
    return schema
