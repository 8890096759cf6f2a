"""The contracts of the last release, against which a change is compared."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.events.registry import EVENTS
from contracts.schemas import Schema, event_schema, json_text
from contracts.topics import TOPICS

RELEASED_FILE = Path(__file__).parents[2] / "released.json"
"""Lies beside the sources: only a clone compares."""

_TOPIC_FACTS = ("key", "partitions", "cleanup", "retention_ms")


@dataclass(frozen=True, slots=True)
class Contracts:
    """All that a reader may rely on.

    Parameters
    ----------
    topics
        Topic → its facts: key, partitions, cleanup, retention_ms.
    events
        Event type → its producer schema.
    """

    topics: Mapping[str, Mapping[str, Any]]
    events: Mapping[str, Schema]

    def text(self) -> str:
        """Give the content of the file."""
        return json_text({"events": self.events, "topics": self.topics})


def current_contracts() -> Contracts:
    """Give the contracts as the code states them now."""
    return Contracts(
        topics={topic.name: {fact: getattr(topic, fact) for fact in _TOPIC_FACTS} for topic in TOPICS},
        events={event_type: event_schema(event, "producer") for event_type, event in EVENTS.items()},
    )


def released_contracts(file: Path = RELEASED_FILE) -> Contracts:
    """Read the contracts of the last release."""
    content = json.loads(file.read_text("utf-8"))
    return Contracts(topics=content["topics"], events=content["events"])
