"""The committed schemas, and what events, topics, categories and ids have in common."""

from pathlib import Path

from contracts.categories import CATEGORIES
from contracts.events.registry import EVENTS
from contracts.schemas import schema_texts
from contracts.slugs import is_plugin_id
from contracts.topics import TOPICS

SCHEMAS = Path(__file__).parents[1] / "schemas"


def test_the_committed_schemas_are_those_of_the_models() -> None:
    committed = {str(path.relative_to(SCHEMAS)): path.read_text("utf-8") for path in SCHEMAS.glob("**/*.schema.json")}
    assert committed == schema_texts(), "run 'make schemas'"


def test_every_event_stands_on_a_known_topic_and_names_its_major_version() -> None:
    names = {topic.name for topic in TOPICS}
    for event_type, event in EVENTS.items():
        assert event.topic in names
        assert event_type.endswith(".v1")


def test_categories_are_unique_and_sorted() -> None:
    ids = [category.id for category in CATEGORIES]
    assert ids == sorted(set(ids))


def test_plugin_ids() -> None:
    good = ["chart-js", "d3", "a1-b2-c3", "x" * 64]
    bad = ["", "a", "-a", "a-", "a--b", "A", "1a", "a_b", "a.b", "x" * 65, "latest", "mine", "с" + "hart", "a\n"]
    assert [is_plugin_id(text) for text in good] == [True] * len(good)
    assert [is_plugin_id(text) for text in bad] == [False] * len(bad)
