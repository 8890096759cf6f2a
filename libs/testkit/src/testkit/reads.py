"""Recording which properties of an event a consumer uses, to hold its declaration against."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from typing import Any, get_args

from pydantic import BaseModel

from contracts.envelope import EventData


@contextmanager
def recorded_reads(event: type[EventData]) -> Iterator[set[str]]:
    """Record what is read of an event's data while the block runs.

    Parameters
    ----------
    event
        The model of the event's data.

    Yields
    ------
    set
        Grows by the paths of the properties read, such as ``plugin.author.name``: only those that hold no others.
    """
    recorder = _Recorder(event)
    classes = _models_below(event)
    for model in classes:
        model.__getattribute__ = recorder.access_of(model)  # type: ignore[method-assign]  # undone below
    try:
        yield recorder.read
    finally:
        for model in classes:
            del model.__getattribute__


class _Recorder:
    def __init__(self, event: type[EventData]) -> None:
        self._event = event
        self._parts: dict[int, tuple[BaseModel, str]] = {}
        self.read: set[str] = set()

    def access_of(self, model: type[BaseModel]) -> Any:  # noqa: ANN401 - a method
        original = model.__getattribute__
        fields = model.model_fields

        def access(owner: BaseModel, name: str) -> Any:  # noqa: ANN401 - any attribute
            value = original(owner, name)
            if name in fields:
                self._note(self._place_of(owner) + name, value)
            elif name in {"model_dump", "model_dump_json"}:
                return self._dumping(owner, value)
            return value

        return access

    def _place_of(self, owner: BaseModel) -> str:
        return "" if isinstance(owner, self._event) else self._parts[id(owner)][1]

    def _note(self, path: str, value: object) -> None:
        if isinstance(value, BaseModel):
            self._parts[id(value)] = (value, f"{path}.")  # kept, so that its id is nobody else's
        elif value is not None or not any(known.startswith(f"{path}.") for known in self.read):
            self.read.add(path)

    def _dumping(self, owner: BaseModel, dump: Any) -> Any:  # noqa: ANN401 - a method
        def record(**options: Any) -> Any:  # noqa: ANN401 - as the method's own
            self._touch(owner, exclude=set(options.get("exclude") or ()))
            return dump(**options)

        return record

    def _touch(self, owner: BaseModel, *, exclude: AbstractSet[str] = frozenset()) -> None:
        for name in type(owner).model_fields.keys() - exclude:
            value = getattr(owner, name)
            if isinstance(value, BaseModel):
                self._touch(value)


def _models_below(model: type[BaseModel]) -> list[type[BaseModel]]:
    found = [model]
    for field in model.model_fields.values():
        for part in (field.annotation, *get_args(field.annotation)):
            if isinstance(part, type) and issubclass(part, BaseModel):
                found += _models_below(part)
    return list(dict.fromkeys(found))
