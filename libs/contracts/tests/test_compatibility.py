"""The contracts break no reader; and the check that says so finds each kind of break."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.__main__ import main
from contracts.compatibility import Break, Rule, find_breaks
from contracts.readers import READERS, explain
from contracts.released import Contracts, current_contracts, released_contracts

Change = Callable[[Contracts], Any]
DOCUMENT = "plugin-document.v1"
PUBLISHED = "plugin-version.published.v1"


def test_nothing_released_is_broken() -> None:
    released = released_contracts()
    assert [explain(each, released) for each in find_breaks(released, current_contracts())] == []


def test_every_reader_reads_what_there_is() -> None:
    now = current_contracts()
    for reader in READERS:
        for event_type, fields in reader.events.items():
            assert now.events[event_type]["x-topic"] == reader.topic
            for field in fields:
                schema, root = now.events[event_type], now.events[event_type]
                for step in field.split("."):
                    schema = followed(schema["properties"][step], root)


def followed(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    for choice in [schema, *schema.get("anyOf", [])]:
        if "$ref" in choice:
            found: dict[str, Any] = root["$defs"][choice["$ref"].rsplit("/", 1)[-1]]
            return found
    return schema


def document(change: Callable[[dict[str, Any]], Any]) -> Change:
    return lambda contracts: change(contracts.events[DOCUMENT])


def properties(change: Callable[[dict[str, Any]], Any]) -> Change:
    return lambda contracts: change(contracts.events[DOCUMENT]["properties"])


def topic(name: str, **facts: Any) -> Change:
    return lambda contracts: contracts.topics[name].update(facts)  # type: ignore[attr-defined]  # a copy is a dict


def remove(name: str) -> Change:
    def change(contracts: Contracts) -> None:
        mapping: Any = contracts.topics if name in contracts.topics else contracts.events
        del mapping[name]

    return change


@pytest.mark.parametrize(
    ("rule", "field", "change"),
    [
        (Rule.TOPIC_REMOVED, "", remove("plugin-documents.v1")),
        (Rule.TOPIC_KEY, "", topic("plugin-documents.v1", key="developer id")),
        (Rule.TOPIC_PARTITIONS, "", topic("plugin-documents.v1", partitions=3)),
        (Rule.TOPIC_PARTITIONS, "", topic("plugin-documents.v1", partitions=12)),
        (Rule.TOPIC_CLEANUP, "", topic("plugin-documents.v1", cleanup="delete")),
        (Rule.TOPIC_RETENTION, "", topic("plugin-documents.v1", retention_ms=1)),
        (Rule.EVENT_REMOVED, "", remove(DOCUMENT)),
        (Rule.EVENT_MOVED, "", document(lambda schema: schema.update({"x-topic": "reviews.v1"}))),
        (Rule.REMOVED, "icon_url", properties(lambda known: known.pop("icon_url"))),
        (Rule.REMOVED, "author.name", document(lambda schema: schema["$defs"]["Author"]["properties"].pop("name"))),
        (Rule.RETYPED, "install_count", properties(lambda known: known["install_count"].update(type="string"))),
        (Rule.RETYPED, "tags[]", properties(lambda known: known["tags"]["items"].update(type="integer"))),
        (Rule.RETYPED, "icon_url", properties(lambda known: known["icon_url"]["anyOf"].append({"type": "integer"}))),
        (Rule.FORMAT, "updated_at", properties(lambda known: known["updated_at"].update(format="date"))),
        (Rule.OPTIONAL, "name", document(lambda schema: schema["required"].remove("name"))),
        (
            Rule.NULLABLE,
            "name",
            properties(lambda known: known.update(name={"anyOf": [known["name"], {"type": "null"}]})),
        ),
        (Rule.GUARANTEED, "icon_url", document(lambda schema: schema["required"].append("icon_url"))),
        (Rule.GUARANTEED, "icon_url", properties(lambda known: known.update(icon_url=known["icon_url"]["anyOf"][0]))),
        (
            Rule.GUARANTEED,
            "slogan",
            document(
                lambda schema: (
                    schema["properties"].update(slogan={"type": "string"}),
                    schema["required"].append("slogan"),
                )
            ),
        ),
        (Rule.ENUM_NARROWED, "change", properties(lambda known: known["change"].update(enum=["content"]))),
        (Rule.ENUM_NARROWED, "category", properties(lambda known: known["category"]["x-extensible-enum"].pop())),
        (Rule.ENUM_NARROWED, "name", properties(lambda known: known["name"].update(enum=["only this"]))),
        (Rule.ENUM_EXTENDED, "change", properties(lambda known: known["change"]["enum"].append("author"))),
        (Rule.ENUM_EXTENDED, "change", properties(lambda known: known["change"].pop("enum"))),
        (
            Rule.ENUM_EXTENDED,
            "change",
            properties(lambda known: known["change"].update({"x-extensible-enum": known["change"]["enum"]})),
        ),
        (Rule.CONSTRAINT, "name", properties(lambda known: known["name"].update(maxLength=5000))),
        (Rule.CONSTRAINT, "rating_count", properties(lambda known: known["rating_count"].pop("minimum"))),
    ],
)
def test_each_kind_of_break_is_found_and_names_who_it_breaks(rule: Rule, field: str, change: Change) -> None:
    before = current_contracts()
    after = copy.deepcopy(before)
    change(after)
    (found,) = [each for each in find_breaks(before, after) if each.rule == rule]
    assert found.field == field
    said = explain(found, before)
    assert "search-indexer.documents" in said
    assert "any outside reader" in said
    assert rule in said


@pytest.mark.parametrize(
    "change",
    [
        properties(lambda known: known.update(slogan={"type": "string"})),
        properties(lambda known: known["category"]["x-extensible-enum"].append("games")),
        properties(lambda known: known["name"].update(description="What people read.")),
        lambda contracts: contracts.events.update({"plugin-document.v9": contracts.events[DOCUMENT]}),
        topic("accounts.v1", retention_ms=-1),
    ],
)
def test_additions_break_nobody(change: Change) -> None:
    before = current_contracts()
    after = copy.deepcopy(before)
    change(after)
    assert find_breaks(before, after) == []


def test_a_break_says_who_uses_the_property_and_who_only_decodes_it() -> None:
    found = Break(rule=Rule.REMOVED, subject=PUBLISHED, field="version.changelog")
    assert explain(found, current_contracts()) == (
        "plugin-version.published.v1: version.changelog: property removed; breaks catalog.changes (uses it),"
        " catalog.plugins (uses it), installs.plugins (decodes the whole event),"
        " any outside reader of version.changelog in plugin-version.published.v1"
    )


def test_a_release_that_breaks_a_reader_is_refused_until_it_is_meant(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "released.json"
    assert main(["release"], file) == 0
    assert released_contracts(file) == current_contracts()
    changed = file.read_text("utf-8").replace('"partitions": 6', '"partitions": 12')
    file.write_text(changed, "utf-8")

    assert main(["release"], file) == 1
    (said,) = [line for line in capsys.readouterr().err.splitlines() if "✗ plugins.v1: " in line]
    assert "partitions changed (12 → 6); breaks " in said
    assert "catalog.plugins, installs.plugins, any outside reader" in said
    assert file.read_text("utf-8") == changed

    assert main(["release", "--breaking"], file) == 0
    assert released_contracts(file) == current_contracts()
