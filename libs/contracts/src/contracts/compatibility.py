"""Which changes of the contracts break a reader.

Two questions are asked of every difference. Does a reader who knows the released contracts understand what is written
from now on? Does a reader who knows the new ones understand the records that are kept? Only additions of optional
properties, event types, topics and values of open enumerations answer both with yes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from contracts.events.fields import OPEN_ENUM
from contracts.released import Contracts
from contracts.schemas import Schema

_NO_PROMISE = frozenset({"title", "description", "examples", "additionalProperties", "$schema", "$id"})
"""Keywords that may change; that a producer schema is closed promises nothing."""

_COMPARED_APART = frozenset(
    {"$defs", "anyOf", "enum", "format", "items", "properties", "required", "type", "x-nullable", "x-topic", OPEN_ENUM}
)


class Rule(StrEnum):
    """What must not happen within a major version."""

    TOPIC_REMOVED = "topic removed"
    TOPIC_KEY = "key changed"
    TOPIC_PARTITIONS = "partitions changed"
    TOPIC_CLEANUP = "cleanup changed"
    TOPIC_RETENTION = "retention shortened"
    EVENT_REMOVED = "event type removed"
    EVENT_MOVED = "event moved to another topic"
    REMOVED = "property removed"
    RETYPED = "type changed"
    FORMAT = "format changed"
    OPTIONAL = "guaranteed property became optional"
    NULLABLE = "property became nullable"
    GUARANTEED = "property guaranteed only from now on"
    ENUM_NARROWED = "enumeration narrowed"
    ENUM_EXTENDED = "closed enumeration extended"
    CONSTRAINT = "limit changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """One change that breaks a reader.

    Parameters
    ----------
    rule
        Which rule it breaks.
    subject
        The topic or the event type.
    field
        The property, such as ``plugin.author.name`` or ``plugin.tags[]``; empty for the whole.
    detail
        Before and after.
    """

    rule: Rule
    subject: str
    field: str = ""
    detail: str = ""


def find_breaks(released: Contracts, now: Contracts) -> list[Break]:
    """Say what a reader of the released contracts, or of records written under them, could not live with."""
    return [*_topic_breaks(released, now), *_event_breaks(released, now)]


def _topic_breaks(released: Contracts, now: Contracts) -> Iterator[Break]:
    rules = {"key": Rule.TOPIC_KEY, "partitions": Rule.TOPIC_PARTITIONS, "cleanup": Rule.TOPIC_CLEANUP}
    for name, before in released.topics.items():
        after = now.topics.get(name)
        if after is None:
            yield Break(rule=Rule.TOPIC_REMOVED, subject=name)
            continue
        for fact, rule in rules.items():
            if before[fact] != after[fact]:
                yield Break(rule=rule, subject=name, detail=_change(before[fact], after[fact]))
        kept, keeps = before["retention_ms"], after["retention_ms"]
        if keeps != -1 and (kept == -1 or keeps < kept):
            yield Break(rule=Rule.TOPIC_RETENTION, subject=name, detail=_change(f"{kept} ms", f"{keeps} ms"))


def _event_breaks(released: Contracts, now: Contracts) -> Iterator[Break]:
    for event_type, before in released.events.items():
        after = now.events.get(event_type)
        if after is None:
            yield Break(rule=Rule.EVENT_REMOVED, subject=event_type)
            continue
        if before["x-topic"] != after["x-topic"]:
            yield Break(rule=Rule.EVENT_MOVED, subject=event_type, detail=_change(before["x-topic"], after["x-topic"]))
        yield from _Comparison(event_type, before, after).breaks("", before, after)


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Walks two schemas of one event side by side."""

    event_type: str
    old_root: Schema
    new_root: Schema

    def breaks(self, field: str, old: Schema, new: Schema) -> Iterator[Break]:
        old, new = _plain(old, self.old_root), _plain(new, self.new_root)
        if (old.get("type"), old.get("anyOf")) != (new.get("type"), new.get("anyOf")):
            yield self._break(Rule.RETYPED, field, _change(_type_of(old), _type_of(new)))
            return
        if new["x-nullable"] and not old["x-nullable"]:
            yield self._break(Rule.NULLABLE, field)
        if old["x-nullable"] and not new["x-nullable"]:
            yield self._break(Rule.GUARANTEED, field, "older records hold null")
        if old.get("format") != new.get("format"):
            yield self._break(Rule.FORMAT, field, _change(old.get("format"), new.get("format")))
        yield from self._enumerations(field, old, new)
        for word in sorted((old.keys() | new.keys()) - _NO_PROMISE - _COMPARED_APART):
            if old.get(word) != new.get(word):
                yield self._break(Rule.CONSTRAINT, field, f"{word} " + _change(old.get(word), new.get(word)))
        yield from self._properties(field, old, new)
        if "items" in old or "items" in new:
            yield from self.breaks(f"{field}[]", old.get("items", {}), new.get("items", {}))

    def _enumerations(self, field: str, old: Schema, new: Schema) -> Iterator[Break]:
        before, after = _values_of(old), _values_of(new)
        if before is None or after is None:
            if before is not None:
                yield self._break(Rule.ENUM_EXTENDED, field, "any value")
            if after is not None:
                yield self._break(Rule.ENUM_NARROWED, field, f"only {', '.join(map(str, after))}")
            return
        if gone := [value for value in before if value not in after]:
            yield self._break(Rule.ENUM_NARROWED, field, f"without {', '.join(map(str, gone))}")
        if OPEN_ENUM in old:
            return
        if OPEN_ENUM in new:
            yield self._break(Rule.ENUM_EXTENDED, field, "may grow from now on")
        elif added := [value for value in after if value not in before]:
            yield self._break(Rule.ENUM_EXTENDED, field, f"by {', '.join(map(str, added))}")

    def _properties(self, field: str, old: Schema, new: Schema) -> Iterator[Break]:
        before, after = old.get("properties", {}), new.get("properties", {})
        had, has = set(old.get("required", ())), set(new.get("required", ()))
        for name in before:
            below = f"{field}.{name}" if field else name
            if name not in after:
                yield self._break(Rule.REMOVED, below)
                continue
            if name in had - has:
                yield self._break(Rule.OPTIONAL, below)
            if name in has - had:
                yield self._break(Rule.GUARANTEED, below, "older records may lack it")
            yield from self.breaks(below, before[name], after[name])
        for name in after.keys() - before.keys():
            if name in has:
                below = f"{field}.{name}" if field else name
                yield self._break(Rule.GUARANTEED, below, "older records lack it; add it as optional")

    def _break(self, rule: Rule, field: str, detail: str = "") -> Break:
        return Break(rule=rule, subject=self.event_type, field=field, detail=detail)


def _plain(schema: Schema, root: Schema) -> Schema:
    """Follow a reference, and write "this or null" as a property of this."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        schema = {**root["$defs"][name], **{word: value for word, value in schema.items() if word != "$ref"}}
        return _plain(schema, root)
    choices = schema.get("anyOf", [])
    others = [choice for choice in choices if choice != {"type": "null"}]
    if len(others) == 1 and len(choices) > 1:
        outer = {word: value for word, value in schema.items() if word != "anyOf"}
        return {**_plain(others[0], root), **outer, "x-nullable": True}
    return {"x-nullable": False, **schema}


def _values_of(schema: Schema) -> list[Any] | None:
    values: list[Any] | None = schema.get(OPEN_ENUM, schema.get("enum"))
    return values


def _type_of(schema: Schema) -> object:
    return schema.get("type") or schema.get("anyOf")


def _change(before: object, after: object) -> str:
    return f"{before} → {after}"
