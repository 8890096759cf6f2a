"""What a batch of events changes: one write per plugin, and the cache groups that grow stale by it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from contracts.envelope import Event
from contracts.events.documents import PluginDocument
from contracts.search_index import search_document
from search_indexer.domain.errors import DocumentInvalidError

LIST_GROUPS = ("plugins", "categories")
"""Cache groups of the answers that list several plugins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """The newest state of one plugin.

    Parameters
    ----------
    plugin_id
        The document's id in the index.
    version
        The event's sequence; the index keeps the highest.
    document
        What to index; None removes.
    """

    plugin_id: str
    version: int
    document: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The effect of a batch.

    Parameters
    ----------
    writes
        One per plugin, in the order of first appearance.
    stale_groups
        Cache groups to purge once the writes can be searched.
    """

    writes: Sequence[Write]
    stale_groups: Sequence[str]


def changes_of(events: Iterable[Event]) -> Changes:
    """Reduce events to the newest of each plugin.

    Lists grow stale where *any* event of the batch changed content or removed a plugin, also one that a later event
    of counts alone supersedes. Unknown types are ignored.

    Raises
    ------
    DocumentInvalidError
        An event's data is no plugin document; a retry cannot help.
    """
    newest: dict[str, Event] = {}
    lists_changed = False
    documents: dict[tuple[str, int], PluginDocument] = {}
    for event in events:
        if event.data is not None:
            if event.type != PluginDocument.event_type:
                continue
            document = _document(event)
            documents[event.key, event.sequence] = document
            lists_changed |= document.change == "content"
        else:
            lists_changed = True
        known = newest.get(event.key)
        if known is None or event.sequence >= known.sequence:
            newest[event.key] = event
    writes = [
        Write(
            plugin_id=key,
            version=event.sequence,
            document=None if event.data is None else search_document(documents[key, event.sequence]),
        )
        for key, event in newest.items()
    ]
    groups = [f"plugin:{key}" for key in newest]
    return Changes(writes=writes, stale_groups=[*groups, *LIST_GROUPS] if lists_changed else groups)


def _document(event: Event) -> PluginDocument:
    try:
        document = PluginDocument.model_validate_json(event.data or b"")
    except ValidationError as error:
        raise DocumentInvalidError(
            f"event {event.id} of {event.key!r}: {error.error_count()} faults: {error}"
        ) from error
    if document.plugin_id != event.key:
        raise DocumentInvalidError(f"event {event.id} has the key {event.key!r} and is of {document.plugin_id!r}")
    return document
