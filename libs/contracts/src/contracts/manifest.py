"""The plugin manifest: its JSON Schema, the rules a schema cannot say, and the check of settings."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from contracts.schema_check import Violation, violations_of
from contracts.settings_schema import check_settings_schema
from contracts.versions import InvalidVersionError, parse_version

DEFAULT_MINIMUM_PLATFORM_VERSION = "1.0.0"

_VERSION_FIELDS = ("version", "minimum_platform_version")


@cache
def manifest_schema() -> dict[str, Any]:
    """Give the committed JSON Schema of a manifest; shared, do not change it."""
    schema: dict[str, Any] = json.loads(files("contracts").joinpath("manifest.schema.json").read_text("utf-8"))
    return schema


def check_manifest(manifest: Any) -> list[Violation]:  # noqa: ANN401 - comes from a stranger
    """Say everything that is wrong with a manifest.

    Returns
    -------
    list
        Violations with JSON pointers, sorted by pointer; empty when the manifest may be published.
    """
    found = violations_of(manifest_schema(), manifest)
    if not isinstance(manifest, dict):
        return found
    for field in _VERSION_FIELDS:
        if isinstance(manifest.get(field), str):
            try:
                parse_version(manifest[field])
            except InvalidVersionError as error:
                found.append(Violation(f"/{field}", "version", str(error)))
    if isinstance(manifest.get("settings_schema"), dict):
        found += [
            Violation("/settings_schema" + fault.pointer, fault.code, fault.detail)
            for fault in check_settings_schema(manifest["settings_schema"])
        ]
    return sorted(found, key=lambda violation: (violation.pointer, violation.code))


def check_settings(manifest: dict[str, Any], settings: dict[str, Any]) -> list[Violation]:
    """Check a user's settings against the manifest's `settings_schema`.

    A manifest without one takes no settings: any key is a violation.

    Returns
    -------
    list
        Pointers relative to the settings; empty when they fit.
    """
    schema = manifest.get("settings_schema")
    if schema is None:
        return [Violation(f"/{key}", "additionalProperties", "this plugin has no settings") for key in settings]
    return violations_of(schema, settings)


def default_settings(manifest: dict[str, Any]) -> dict[str, Any]:
    """Collect the defaults that the settings schema states for its top-level properties; may be empty."""
    properties = (manifest.get("settings_schema") or {}).get("properties") or {}
    return {
        name: schema["default"]
        for name, schema in properties.items()
        if isinstance(schema, dict) and "default" in schema
    }
