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
    ],
)
def test_a_hostile_settings_schema_is_refused(schema: dict[str, Any], pointer: str) -> None:
    found = check_manifest({**SOUND, "settings_schema": schema})
    assert f"/settings_schema{pointer}" in {violation.pointer for violation in found}


def test_a_property_may_be_named_like_a_keyword() -> None:
    schema = {"type": "object", "properties": {"$id": {"type": "string"}, "pattern": {"type": "string"}}}
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


def test_defaults_come_from_the_schema_and_absence_of_a_schema_means_no_settings() -> None:
    assert default_settings(SOUND) == {"theme": "light"}
    assert [v.pointer for v in check_settings({}, {"a": 1})] == ["/a"]
    assert default_settings({}) == {}
