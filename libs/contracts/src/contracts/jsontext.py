"""Strict JSON from strangers: what the standard parser accepts silently is refused here.

Refused beside bad syntax: duplicate keys, non-finite numbers, numbers beyond 2^53, more than 32 levels, lone
surrogates, NUL in strings, a byte order mark and any encoding but UTF-8. Limits follow RFC 8785 and I-JSON (RFC 7493).
"""

import json
from typing import Any

MAX_DEPTH = 32
"""Levels of nesting; a manifest has about five."""

MAX_INTEGER = 2**53
"""Largest integer that every JSON reader keeps exactly (RFC 7493, section 2.2)."""

_MAX_DIGITS = 17


class StrictJsonError(ValueError):
    """The text is not JSON that every reader would understand alike; the message says why."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise StrictJsonError(f"the key {key!r} stands twice in one object")
        result[key] = value
    return result


def _integer(text: str) -> int:
    if len(text) > _MAX_DIGITS or abs(int(text)) > MAX_INTEGER:
        raise StrictJsonError(f"the integer {text[:20]}… is beyond 2^53")
    return int(text)


def _float(text: str) -> float:
    number = float(text)
    if number in {float("inf"), float("-inf")}:
        raise StrictJsonError("a number is not finite")
    if abs(number) > MAX_INTEGER:
        # PostgreSQL's jsonb writes 1e300 out digit by digit, an integer that other readers refuse.
        raise StrictJsonError(f"the number {text[:20]}… is beyond 2^53")
    return number


def _constant(text: str) -> Any:  # noqa: ANN401 - the signature json.loads asks for
    raise StrictJsonError(f"{text} is not JSON")


def _check_depth(text: str) -> None:
    """Refuse deep nesting before the recursive parser meets it."""
    depth = 0
    in_string = escaped = False
    for character in text:
        if in_string:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                in_string = False
        elif character == '"':
            in_string = True
        elif character in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise StrictJsonError(f"more than {MAX_DEPTH} levels of nesting")
        elif character in "]}":
            depth -= 1


def _check_strings(value: Any) -> None:  # noqa: ANN401 - walks any JSON value
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            if "\x00" in item:
                raise StrictJsonError("a string contains NUL")
            try:
                item.encode("utf-8")
            except UnicodeEncodeError as error:
                raise StrictJsonError("a string contains a lone surrogate") from error
        elif isinstance(item, dict):
            stack.extend(item.keys())
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)


def parse_strict(content: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Parse JSON bytes from outside.

    Raises
    ------
    StrictJsonError
        With one sentence for the sender; nothing was changed, a corrected text may be sent.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise StrictJsonError("the text is not UTF-8") from error
    if text.startswith("\ufeff"):
        raise StrictJsonError("the text starts with a byte order mark")
    _check_depth(text)
    try:
        value = json.loads(
            text, object_pairs_hook=_unique, parse_int=_integer, parse_float=_float, parse_constant=_constant
        )
    except json.JSONDecodeError as error:
        raise StrictJsonError(f"line {error.lineno}, column {error.colno}: {error.msg}") from error
    _check_strings(value)
    return value
