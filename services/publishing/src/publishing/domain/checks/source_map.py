"""The source map is one: JSON of the form that ECMA-426 calls version 3."""

import json
from typing import Any

from publishing.domain.verdicts import SOURCE_MAP_FILE, Finding

VERSION = "1"

_FORMAT_VERSION = 3
_REBUILD = "Have the bundler write the source map again, or send the bundle without one."


def check_source_map(content: bytes | None) -> list[Finding]:
    """Look at the source map.

    Parameters
    ----------
    content
        The whole file; None where the submission has none, which passes.

    Returns
    -------
    list
        Rule ``M1`` (not JSON) or ``M2`` (not of the form), one finding for each fault.
    """
    if content is None:
        return []
    try:
        value = json.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        return [_blocked("M1", f"byte {error.start} is not UTF-8")]
    except json.JSONDecodeError as error:
        return [_blocked("M1", f"line {error.lineno}, column {error.colno}: {error.msg}")]
    except ValueError:
        return [_blocked("M1", "a number has too many digits")]
    except RecursionError:
        return [_blocked("M1", "nested too deeply")]
    return [_blocked("M2", fault) for fault in _faults(value)]


def _faults(value: Any) -> list[str]:  # noqa: ANN401 - any JSON value
    if not isinstance(value, dict):
        return ["the top level is not an object"]
    found = []
    if value.get("version") != _FORMAT_VERSION:
        found.append("'version' is not 3")
    if "sections" in value:
        if not isinstance(value["sections"], list):
            found.append("'sections' is not a list")
        return found
    if not isinstance(value.get("mappings"), str):
        found.append("'mappings' is not a string")
    sources = value.get("sources")
    if not isinstance(sources, list) or not all(item is None or isinstance(item, str) for item in sources):
        found.append("'sources' is not a list of strings")
    names = value.get("names", [])
    if not isinstance(names, list) or not all(isinstance(item, str) for item in names):
        found.append("'names' is not a list of strings")
    return found


def _blocked(rule: str, detail: str) -> Finding:
    return Finding(rule=rule, severity="block", file=SOURCE_MAP_FILE, line=None, detail=detail, remedy=_REBUILD)
