"""What a plugin may use as the JSON Schema of its settings: small, self-contained, never recursive."""

from typing import Any

import re2
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from contracts.schema_check import Violation, pointer_of, violations_of

MAX_NODES = 2_000
"""Values in a schema; the largest real settings page known to us has a few hundred."""

_QUIET = re2.Options()
_QUIET.log_errors = False  # a stranger's pattern that fails is an answer, not a log line

_LOCAL_REFERENCE = "#/$defs/"
_FORBIDDEN = (
    "$dynamicRef",
    "$dynamicAnchor",
    "$recursiveRef",
    "$recursiveAnchor",
    "$anchor",
    "$id",
    "patternProperties",
)


def check_settings_schema(schema: Any) -> list[Violation]:  # noqa: ANN401 - comes from a stranger
    """Say what is wrong with a settings schema.

    Returns
    -------
    list
        Pointers are relative to the schema; empty when it is sound, that is: a valid draft 2020-12 schema of an object,
        whose references are local and not recursive, whose patterns RE2 can run, and whose default fits.
    """
    if not isinstance(schema, dict):
        return [Violation("", "type", "the settings schema is an object")]
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        return [Violation(pointer_of(list(error.absolute_path)), "schema", error.message[:300])]
    found = [] if schema.get("type") == "object" else [Violation("/type", "const", "settings are of type 'object'")]
    references: dict[str, set[str]] = {}
    found += _walk(schema, references)
    if _has_cycle(references):
        found.append(Violation("/$defs", "$ref", "definitions refer to themselves; settings cannot be recursive"))
    if not found and "default" in schema:
        found = [
            Violation("/default" + fault.pointer, fault.code, fault.detail)
            for fault in violations_of(schema, schema["default"])
        ]
    return found


def _walk(schema: dict[str, Any], references: dict[str, set[str]]) -> list[Violation]:
    found: list[Violation] = []
    stack: list[tuple[list[Any], Any]] = [([], schema)]
    nodes = 0
    while stack:
        path, node = stack.pop()
        nodes += 1
        if nodes > MAX_NODES:
            return [*found, Violation("", "size", f"the settings schema has more than {MAX_NODES} values")]
        if isinstance(node, dict):
            found += _check_node(path, node, references)
            stack.extend(([*path, key], value) for key, value in node.items())
        elif isinstance(node, list):
            stack.extend(([*path, index], value) for index, value in enumerate(node))
    return found


def _check_node(path: list[Any], node: dict[str, Any], references: dict[str, set[str]]) -> list[Violation]:
    if path and path[-1] in {"properties", "$defs", "default", "const", "examples"}:
        return []  # its keys are names or data, not keywords
    found = [
        Violation(pointer_of([*path, word]), "keyword", f"{word!r} is not supported in a settings schema")
        for word in _FORBIDDEN
        if word in node
    ]
    reference = node.get("$ref")
    if isinstance(reference, str):
        if reference.startswith(_LOCAL_REFERENCE):
            owner = str(path[1]) if len(path) > 1 and path[0] == "$defs" else ""
            references.setdefault(owner, set()).add(reference.removeprefix(_LOCAL_REFERENCE).split("/")[0])
        else:
            found.append(Violation(pointer_of([*path, "$ref"]), "$ref", "only references below '#/$defs/' are allowed"))
    pattern = node.get("pattern")
    if isinstance(pattern, str) and not _compiles(pattern):
        found.append(Violation(pointer_of([*path, "pattern"]), "pattern", "the pattern is not RE2 syntax"))
    return found


def _compiles(pattern: str) -> bool:
    try:
        re2.compile(pattern, _QUIET)
    except re2.error:
        return False
    return True


def _has_cycle(references: dict[str, set[str]]) -> bool:
    done: set[str] = set()

    def visit(name: str, above: frozenset[str]) -> bool:
        if name in above:
            return True
        if name in done:
            return False
        cyclic = any(visit(target, above | {name}) for target in references.get(name, ()))
        done.add(name)
        return cyclic

    return any(visit(name, frozenset()) for name in list(references))
