"""The check of an owner's settings against a version's schema, bounded in size and time."""

import json
from decimal import Decimal
from typing import Any

from chassis.errors import FieldError
from contracts.manifest import check_settings as schema_violations
from contracts.settings_schema import expanded_size
from installs.domain.errors import SettingsInvalidError
from installs.domain.plugins import KnownVersion

MAX_SETTINGS_BYTES = 64 * 1024
"""Length of the stored JSON; settings are read with every list."""

MAX_SETTINGS_VALUES = 1_000
"""Values in settings, nested ones and names included; a large settings page has a few hundred."""

MAX_CHECKS = 250_000
"""Values in the settings times values in the schema, references written out: bounds a check to about a second."""

_POINTER = "/settings"


def check_settings(version: KnownVersion, settings: dict[str, Any]) -> None:
    """Refuse settings that a version does not take.

    Raises
    ------
    SettingsInvalidError
        With all violations and their pointers below ``/settings``.
    """
    faults = _faults(version, settings)
    if faults:
        raise SettingsInvalidError(
            f"the settings do not fit {version.plugin_id} {version.version}: {len(faults)} violation(s)", errors=faults
        )


def kept_settings(version: KnownVersion, settings: dict[str, Any], *, former: KnownVersion) -> dict[str, Any]:
    """Give the settings to go on with in another version.

    Returns
    -------
    dict
        The same ones if they fit. Else, if that makes them fit, completed by the version's defaults. Else its defaults,
        if they are still the defaults of the `former` version: then nobody has ever chosen anything.

    Raises
    ------
    SettingsInvalidError
        None of these; the violations are those of the settings as they are.
    """
    faults = _faults(version, settings)
    if not faults:
        return settings
    completed = {**version.default_settings, **settings}
    if not _faults(version, completed):
        return completed
    if same_json(settings, former.default_settings):
        return version.default_settings
    raise SettingsInvalidError(
        f"the present settings do not fit version {version.version}: {len(faults)} violation(s)",
        errors=faults,
        remedy="Send 'settings' together with 'version', so that both change at once.",
    )


def _faults(version: KnownVersion, settings: dict[str, Any]) -> list[FieldError]:
    values = _count_values(settings)
    if values > MAX_SETTINGS_VALUES:
        return [_fault("size", f"settings have at most {MAX_SETTINGS_VALUES} values")]
    if stored_bytes(settings) > MAX_SETTINGS_BYTES:
        return [_fault("size", f"settings take at most {MAX_SETTINGS_BYTES} bytes")]
    if version.settings_schema is not None and values * expanded_size(version.settings_schema) > MAX_CHECKS:
        return [_fault("size", "there are too many values for a schema of this size")]
    return [
        FieldError(code=violation.code, detail=violation.detail, pointer=_POINTER + violation.pointer)
        for violation in schema_violations({"settings_schema": version.settings_schema}, settings)
    ]


def _fault(code: str, detail: str) -> FieldError:
    return FieldError(code=code, detail=detail, pointer=_POINTER)


def _count_values(value: Any) -> int:  # noqa: ANN401 - walks any JSON value
    count = 0
    stack = [value]
    while stack:
        item = stack.pop()
        count += 1
        if isinstance(item, dict):
            count += len(item)
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
    return count


def stored_bytes(value: Any) -> int:  # noqa: ANN401 - any JSON value
    """Estimate the length of a JSON value as PostgreSQL prints it, never too low.

    ``jsonb`` writes numbers without exponent: the six characters ``1e-300`` become 302, so a short text could grow
    fiftyfold.
    """
    floats: list[float] = []
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, float):
            floats.append(item)
        elif isinstance(item, dict):
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
    text = json.dumps(value, ensure_ascii=False)
    return len(text.encode()) + sum(len(format(Decimal(repr(number)), "f")) for number in floats)


def same_json(one: Any, other: Any) -> bool:  # noqa: ANN401 - any JSON values
    """Compare as JSON does: 1 equals 1.0, but not true."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_json(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_json, one, other))
    return bool(one == other)
