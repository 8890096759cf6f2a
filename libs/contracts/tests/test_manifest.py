import time
from typing import Any

import pytest

from contracts.manifest import check_manifest, check_settings, default_settings

SOUND: dict[str, Any] = {
    "id": "word-count",
    "name": "Word count",
    "version": "1.2.0",
    "description": "Counts words.",
    "main": "bundle.js",
    "api_version": "1",
    "settings_schema": {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "theme": {"enum": ["light", "dark"], "default": "light"},
            "limit": {"type": "integer", "minimum": 1, "maximum": 10},
            "tag": {"type": "string", "pattern": "^[a-z]+$"},
        },
    },
}


def test_a_sound_manifest_has_no_violations() -> None:
    assert check_manifest(SOUND) == []


def test_all_violations_are_told_at_once_with_pointers() -> None:
    broken = {**SOUND, "id": "Bad Id", "version": "1.2.3+x", "homepage": "javascript:alert(1)", "extra": 1}
    del broken["name"]
    pointers = {violation.pointer for violation in check_manifest(broken)}
    assert pointers == {"", "/id", "/version", "/homepage"}
    assert {v.code for v in check_manifest(broken) if v.pointer == ""} == {"required", "additionalProperties"}


@pytest.mark.parametrize("value", [None, 1, "text", [], True])
def test_a_manifest_is_an_object(value: object) -> None:
    assert [violation.code for violation in check_manifest(value)] == ["type"]


def _chain(length: int, *, times: int) -> dict[str, Any]:
    """Definitions of which each refers some times to the next."""
    links = {f"d{number}": {"allOf": [{"$ref": f"#/$defs/d{number + 1}"}] * times} for number in range(length)}
    return {**links, f"d{length}": {"type": "object"}}


@pytest.mark.parametrize(
    ("schema", "pointer"),
    [
        ({"type": "array"}, "/type"),
        ({"type": "object", "properties": {"a": {"$ref": "http://127.0.0.1/x"}}}, "/properties/a/$ref"),
        ({"type": "object", "properties": {"a": {"$ref": "#"}}}, "/properties/a/$ref"),
        ({"type": "object", "$defs": {"a": {"items": {"$ref": "#/$defs/a"}}}}, "/$defs"),
        ({"type": "object", "properties": {"a": {"pattern": "(?=x)"}}}, "/properties/a/pattern"),
        ({"type": "object", "properties": {"a": {"enum": list(range(3000))}}}, ""),
        ({"type": "object", "properties": {"a": {"type": "integer"}}, "default": {"a": "x"}}, "/default/a"),
        ({"type": "object", "properties": {"a": {"type": "nonsense"}}}, "/properties/a/type"),
        ({"type": "object", "patternProperties": {"(a+)+$": {}}}, "/patternProperties"),
        ({"type": "object", "unevaluatedProperties": False}, "/unevaluatedProperties"),
        ({"type": "object", "properties": {"default": {"$ref": "http://127.0.0.1/x"}}}, "/properties/default/$ref"),
        ({"type": "object", "properties": {"const": {"pattern": "(?<=x)y"}}}, "/properties/const/pattern"),
        ({"type": "object", "properties": {"a": {"$ref": "#/$defs/none"}}}, "/properties/a/$ref"),
        ({"type": "object", "$defs": {"a": {"items": {"$ref": "#/$defs/%61"}}}}, "/$defs/a/items/$ref"),
        ({"type": "object", "$defs": _chain(8, times=8), "allOf": [{"$ref": "#/$defs/d0"}]}, ""),
        ({"type": "object", "$defs": _chain(300, times=1), "allOf": [{"$ref": "#/$defs/d0"}]}, ""),
        ({"type": "object", "properties": {"a/b": {"type": "integer", "default": "x"}}}, "/properties/a~1b/default"),
    ],
)
def test_a_hostile_settings_schema_is_refused(schema: dict[str, Any], pointer: str) -> None:
    found = check_manifest({**SOUND, "settings_schema": schema})
    assert f"/settings_schema{pointer}" in {violation.pointer for violation in found}


def test_a_property_may_be_named_like_a_keyword() -> None:
    names = ("$id", "pattern", "default", "const", "properties", "$defs", "$ref", "unevaluatedItems")
    schema = {
        "type": "object",
        "properties": {name: {"type": "string"} for name in names},
        "examples": [{"$ref": "http://127.0.0.1/x", "pattern": "(?=x)"}],
    }
    assert check_manifest({**SOUND, "settings_schema": schema}) == []


def test_settings_are_checked_with_pointers() -> None:
    found = check_settings(SOUND, {"theme": "blue", "limit": "3", "other": 1, "tag": "A"})
    assert {(violation.pointer, violation.code) for violation in found} == {
        ("", "additionalProperties"),
        ("/theme", "enum"),
        ("/limit", "type"),
        ("/tag", "pattern"),
    }


def test_an_exponential_pattern_is_matched_in_linear_time() -> None:
    manifest = {"settings_schema": {"type": "object", "properties": {"a": {"type": "string", "pattern": "^(a+)+$"}}}}
    # A backtracking engine would need 2^5000 steps; that this returns at all is the proof.
    assert [violation.pointer for violation in check_settings(manifest, {"a": "a" * 5000 + "!"})] == ["/a"]


def test_definitions_that_are_referred_to_are_used() -> None:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {"colour": {"enum": ["red", "blue"]}, "pair": {"items": {"$ref": "#/$defs/colour"}, "maxItems": 2}},
        "properties": {"a": {"$ref": "#/$defs/pair", "default": ["red"]}, "b": {"$ref": "#/$defs/pair"}},
    }
    assert check_manifest({**SOUND, "settings_schema": schema}) == []
    assert [v.pointer for v in check_settings({"settings_schema": schema}, {"a": ["red", "x"], "b": []})] == ["/a/1"]
    assert default_settings({"settings_schema": schema}) == {"a": ["red"]}


@pytest.mark.parametrize(
    "text", ["http://h/" + "é" * 30_000, "(" * 30_000, "a@" * 15_000, "1." * 15_000, "P" + "1Y" * 15_000]
)
def test_no_format_takes_long_or_fails_on_odd_text(text: str) -> None:
    formats = ("date", "date-time", "duration", "email", "hostname", "idn-email", "idn-hostname", "ipv4", "ipv6", "iri",
               "iri-reference", "json-pointer", "regex", "relative-json-pointer", "time", "uri", "uri-reference",
               "uri-template", "uuid")  # fmt: skip
    schema = {"type": "object", "properties": {name: {"format": name} for name in formats}}
    started = time.perf_counter()
    check_settings({"settings_schema": schema}, dict.fromkeys(formats, text))
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    ("items", "unique"),
    [
        ([1, "1", True, None, [1], {"a": 1}], True),
        ([1, 1.0], False),
        ([True, 1], True),
        ([{"a": 1, "b": 2}, {"b": 2.0, "a": 1}], False),
        ([[1, 2], [2, 1]], True),
    ],
)
def test_items_are_compared_as_json_values(items: list[Any], unique: bool) -> None:
    manifest = {"settings_schema": {"type": "object", "properties": {"a": {"uniqueItems": True}}}}
    assert (check_settings(manifest, {"a": items}) == []) is unique


def test_a_remote_reference_is_never_fetched() -> None:
    with pytest.raises(Exception, match=r"Unresolvable: http://127.0.0.1:9/x"):
        check_settings({"settings_schema": {"type": "object", "$ref": "http://127.0.0.1:9/x"}}, {})


def test_defaults_come_from_the_schema_and_absence_of_a_schema_means_no_settings() -> None:
    assert default_settings(SOUND) == {"theme": "light"}
    assert [v.pointer for v in check_settings({}, {"a": 1})] == ["/a"]
    assert default_settings({}) == {}


def test_a_settings_schema_of_very_many_values_is_refused_before_the_slow_check() -> None:
    schema = {"type": "object", "properties": {f"p{number}": {} for number in range(20_000)}}
    assert [fault.code for fault in check_manifest({**SOUND, "settings_schema": schema})] == ["size"]
