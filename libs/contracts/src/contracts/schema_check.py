"""Validation by JSON Schema 2020-12 with all violations at once, JSON pointers, and linear-time patterns."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import re2
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from referencing import Registry

_LOCAL_ONLY: Registry[Any] = Registry()
"""The library's own registry would fetch a remote reference; this one finds nothing outside the schema."""

_UNCHECKED_FORMATS = frozenset({"iri", "iri-reference", "regex"})
"""Annotations only: the library parses the first two at 2 ms a character, and recurses in the third."""

_FORMATS = FormatChecker(())
_FORMATS.checkers = {
    name: check
    for name, check in Draft202012Validator.FORMAT_CHECKER.checkers.items()
    if name not in _UNCHECKED_FORMATS
}

MAX_VIOLATIONS = 100
"""More would help nobody."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong.

    Parameters
    ----------
    pointer
        JSON pointer (RFC 6901) to the offending value, ``""`` for the whole document.
    code
        The schema keyword that failed, such as ``required`` or ``maxLength``.
    detail
        One sentence.
    """

    pointer: str
    code: str
    detail: str


def pointer_of(parts: Iterator[Any] | list[Any]) -> str:
    """Write a path of keys and indices as a JSON pointer."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _linear_pattern(
    _validator: Validator,
    pattern: str,
    instance: Any,  # noqa: ANN401 - any JSON value
    _schema: Any,  # noqa: ANN401 - any schema
) -> Iterator[ValidationError]:
    # Python's engine backtracks, so that a hostile pattern could hold a worker for minutes; RE2 runs in linear time.
    if isinstance(instance, str) and re2.search(pattern, instance) is None:
        yield ValidationError(f"{instance[:80]!r} does not match {pattern[:80]!r}")


def _linear_unique_items(
    _validator: Validator,
    wanted: bool,
    instance: Any,  # noqa: ANN401 - any JSON value
    _schema: Any,  # noqa: ANN401 - any schema
) -> Iterator[ValidationError]:
    # The library compares every pair where items are of mixed kinds.
    if wanted and isinstance(instance, list) and len({_canonical(item) for item in instance}) < len(instance):
        yield ValidationError("the array has items that are equal")


def _canonical(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Write equal JSON values alike, 1.0 as 1."""
    return json.dumps(_whole(value), sort_keys=True)


def _whole(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    return value


SafeValidator: type[Validator] = extend(  # type: ignore[no-untyped-call]  # jsonschema leaves it unannotated
    Draft202012Validator, {"pattern": _linear_pattern, "uniqueItems": _linear_unique_items}
)
"""Draft 2020-12, whose ``pattern`` is matched by RE2 and whose ``uniqueItems`` takes linear time."""


def violations_of(schema: dict[str, Any], value: Any) -> list[Violation]:  # noqa: ANN401 - any JSON value
    """Check a value against a schema that is known to be sound.

    Returns
    -------
    list
        At most `MAX_VIOLATIONS`, in document order; empty when the value fits.
    """
    checker = SafeValidator(schema, registry=_LOCAL_ONLY, format_checker=_FORMATS)
    found: list[Violation] = []
    for error in checker.iter_errors(value):
        found.append(Violation(pointer_of(list(error.absolute_path)), str(error.validator), _sentence(error)))
        if len(found) == MAX_VIOLATIONS:
            break
    return sorted(found, key=lambda violation: (violation.pointer, violation.code, violation.detail))


def _sentence(error: ValidationError) -> str:
    message = error.message
    return message if len(message) <= 300 else message[:297] + "…"  # noqa: PLR2004 - a long value is not echoed whole
