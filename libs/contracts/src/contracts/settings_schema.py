"""What a plugin may use as the JSON Schema of its settings: small, self-contained, never recursive.

A schema comes from a stranger and runs on our machines with every change of settings. So it is walked as a schema (a
property may be named like a keyword), refers to its own definitions only, and stays small also with every reference
written out: ten definitions that each refer ten times to the next would else be ten thousand million checks.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import re2
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from contracts.schema_check import Violation, pointer_of, violations_of

MAX_NODES = 2_000
"""Values in a schema, references written out; the largest real settings page known to us has a few hundred."""

MAX_DEPTH = 100
"""Levels in a schema, references written out: the validator recurses."""

_QUIET = re2.Options()
_QUIET.log_errors = False  # a stranger's pattern that fails is an answer, not a log line

_LOCAL_REFERENCE = re.compile(r"#/\$defs/([A-Za-z0-9_.-]+)")
"""A whole definition by a plain name. Escapes would be a second way to write the same name."""

_FORBIDDEN = frozenset(
    {"$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor", "$anchor", "$id", "patternProperties",
     "unevaluatedItems", "unevaluatedProperties"}
)  # fmt: skip
"""Beside other ways to refer: patterns in names, and words whose check takes exponential time when nested."""

_NAMED_SCHEMAS = frozenset({"properties", "$defs", "definitions", "dependentSchemas"})
"""Keywords whose value maps names, which mean nothing, to schemas."""

_DATA = frozenset({"default", "const", "enum", "examples"})
"""Keywords whose value is data, not schema."""

_ROOT = ""


@dataclass(frozen=True, slots=True)
class _Reference:
    """One use of a definition, `depth` levels below the top of the definition (or root) that it stands in."""

    target: str
    depth: int
    path: tuple[Any, ...]


@dataclass(slots=True)
class _Definition:
    """What a walk finds in one definition, or in the root, whose name is ``""``."""

    size: int = 0
    depth: int = 0
    references: list[_Reference] = field(default_factory=list)


@dataclass(slots=True)
class _Survey:
    """What a walk finds in all."""

    violations: list[Violation] = field(default_factory=list)
    definitions: defaultdict[str, _Definition] = field(default_factory=lambda: defaultdict(_Definition))


def check_settings_schema(schema: Any) -> list[Violation]:  # noqa: ANN401 - comes from a stranger
    """Say what is wrong with a settings schema.

    Returns
    -------
    list
        Pointers are relative to the schema; empty when it is sound, that is: a valid draft 2020-12 schema of an object,
        whose references are local and not recursive, whose patterns RE2 can run, and whose defaults fit.
    """
    if not isinstance(schema, dict):
        return [Violation("", "type", "the settings schema is an object")]
    survey = _walk(schema)
    if any(violation.code == "size" for violation in survey.violations):
        return survey.violations  # the check against the meta-schema would take seconds
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        return [Violation(pointer_of(list(error.absolute_path)), "schema", error.message[:300])]
    found = survey.violations + _check_references(survey, schema.get("$defs") or {})
    if schema.get("type") != "object":
        found.append(Violation("/type", "const", "settings are of type 'object'"))
    return found or _check_defaults(schema)


def expanded_size(schema: dict[str, Any]) -> int:
    """Count the values of a sound schema, references written out: how much work one value may be."""
    size, _ = _written_out(_walk(schema).definitions)[_ROOT]
    return size


def _walk(schema: dict[str, Any]) -> _Survey:
    survey = _Survey()
    stack: list[tuple[list[Any], Any, str]] = [([], schema, "schema")]
    nodes = 0
    while stack:
        path, node, kind = stack.pop()
        nodes += 1
        if nodes > MAX_NODES:
            survey.violations.append(Violation("", "size", f"the settings schema has more than {MAX_NODES} values"))
            return survey
        place = survey.definitions[_definition_of(path)]
        place.size += 1
        place.depth = max(place.depth, len(path))
        if isinstance(node, dict):
            if kind == "schema":
                _check_node(path, node, survey)
            stack.extend(([*path, key], value, _kind_below(kind, key)) for key, value in node.items())
        elif isinstance(node, list):
            stack.extend(([*path, index], value, kind) for index, value in enumerate(node))
    return survey


def _kind_below(kind: str, key: str) -> str:
    """Say what stands under a key: a schema (or a list of them, or a plain value), names of schemas, or data."""
    if kind == "names":
        return "schema"
    if kind == "data" or key in _DATA:
        return "data"
    return "names" if key in _NAMED_SCHEMAS else "schema"


def _definition_of(path: list[Any]) -> str:
    return str(path[1]) if len(path) > 1 and path[0] == "$defs" else _ROOT


def _check_node(path: list[Any], node: dict[str, Any], survey: _Survey) -> None:
    survey.violations += [
        Violation(pointer_of([*path, word]), "keyword", f"{word!r} is not supported in a settings schema")
        for word in sorted(_FORBIDDEN & node.keys())
    ]
    if "$defs" in node and path:
        survey.violations.append(Violation(pointer_of([*path, "$defs"]), "keyword", "'$defs' stands at the top only"))
    if "$ref" in node:
        match = _LOCAL_REFERENCE.fullmatch(str(node["$ref"]))
        if match is None:
            detail = "only references of the form '#/$defs/name' are supported"
            survey.violations.append(Violation(pointer_of([*path, "$ref"]), "$ref", detail))
        else:
            reference = _Reference(target=match[1], depth=len(path), path=(*path, "$ref"))
            survey.definitions[_definition_of(path)].references.append(reference)
    pattern = node.get("pattern")
    if isinstance(pattern, str) and not _compiles(pattern):
        survey.violations.append(Violation(pointer_of([*path, "pattern"]), "pattern", "the pattern is not RE2 syntax"))


def _compiles(pattern: str) -> bool:
    try:
        re2.compile(pattern, _QUIET)
    except re2.error:
        return False
    return True


def _check_references(survey: _Survey, known: dict[str, Any]) -> list[Violation]:
    missing = [
        Violation(pointer_of(list(reference.path)), "$ref", f"there is no '#/$defs/{reference.target}'")
        for definition in survey.definitions.values()
        for reference in definition.references
        if reference.target not in known
    ]
    if missing:
        return missing
    measures = _written_out(survey.definitions)
    if len(measures) < len(survey.definitions):
        return [Violation("/$defs", "$ref", "definitions refer to themselves; settings cannot be recursive")]
    size, depth = measures[_ROOT]
    if size > MAX_NODES or depth > MAX_DEPTH:
        limits = f"more than {MAX_NODES} values or {MAX_DEPTH} levels"
        return [Violation("", "size", f"with references written out there are {limits}")]
    return []


def _written_out(definitions: dict[str, _Definition]) -> dict[str, tuple[int, int]]:
    """Measure definitions with references written out.

    Returns
    -------
    dict
        Definition → values and levels; those that lead into a cycle are absent.
    """
    measures: dict[str, tuple[int, int]] = {}
    waiting = dict(definitions)
    while True:
        ready = [
            name
            for name, definition in waiting.items()
            if all(reference.target in measures for reference in definition.references)
        ]
        if not ready:
            return measures
        for name in ready:
            definition = waiting.pop(name)
            below = [(reference.depth, *measures[reference.target]) for reference in definition.references]
            size = definition.size + sum(below_size for _, below_size, _ in below)
            depth = max([definition.depth, *(at + below_depth for at, _, below_depth in below)])
            measures[name] = (size, depth)


def _check_defaults(schema: dict[str, Any]) -> list[Violation]:
    """Check that every default fits: an install begins with them."""
    found: list[Violation] = []
    if "default" in schema:
        found += [
            Violation("/default" + fault.pointer, fault.code, fault.detail)
            for fault in violations_of(schema, schema["default"])
        ]
    for name, below in (schema.get("properties") or {}).items():
        if isinstance(below, dict) and "default" in below:
            place = pointer_of(["properties", name, "default"])
            found += [
                Violation(place + fault.pointer, fault.code, fault.detail)
                for fault in violations_of({"$defs": schema.get("$defs", {}), "allOf": [below]}, below["default"])
            ]
    return found
