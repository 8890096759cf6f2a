"""Topics, their producers and their consumers agree with the code."""

import re
from pathlib import Path

from contracts.events.registry import EVENTS
from contracts.topics import TOPICS

ROOT = Path(__file__).parents[2]
CONSTANTS = {"ACCOUNTS": "accounts.v1", "INSTALLS": "installs.v1", "PLUGINS": "plugins.v1", "REVIEWS": "reviews.v1",
             "ORGANISATIONS": "organisations.v1", "PLUGIN_DOCUMENTS": "plugin-documents.v1"}  # fmt: skip


def service_text(service: str, pattern: str) -> str:
    folder = ROOT / "services" / service / "src"
    return "\n".join(path.read_text("utf-8") for path in folder.glob(pattern))


def test_each_consumer_subscribes_to_the_topics_that_name_it() -> None:
    services = {path.parent.name for path in ROOT.glob("services/*/pyproject.toml")}
    for service in services:
        text = service_text(service, "*/**/*.py")
        subscribed = set()
        for subscription in re.findall(r"Subscription\(.*?\n\s*\)|Subscription\([^)]*\)", text, re.DOTALL):
            subscribed |= {topic for name, topic in CONSTANTS.items() if re.search(rf"\b{name}\.name", subscription)}
        assert subscribed == {topic.name for topic in TOPICS if service in topic.consumers}, service


def test_each_producer_states_every_event_of_its_topics() -> None:
    for topic in TOPICS:
        text = service_text(topic.producer, "*/**/*.py")
        for event in EVENTS.values():
            if event.topic == topic.name:
                assert event.__name__ in text or event.event_type in text, f"{topic.producer} never states {event}"
