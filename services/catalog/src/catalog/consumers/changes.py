"""plugin-documents.v1, plugins.v1 and reviews.v1: what of them everybody may know, for the change feed.

An event's data goes through its contract's model, so that a field which nobody has thought about here stays out.
"""

from collections.abc import Iterator, Sequence
from uuid import UUID

from catalog.domain.changes import Change, ChangeType, Fact, Standing
from catalog.usecases.record_changes import RecordChanges
from chassis.consumer import Subscription
from contracts.envelope import Event, EventData, MalformedEventError
from contracts.events.documents import PluginDocument
from contracts.events.plugins import (
    PluginChanged,
    PluginRegistered,
    PluginRestored,
    PluginSuspended,
    PluginUpdated,
    PluginVersionPublished,
)
from contracts.events.reviews import ReviewPosted, ReviewRemoved
from contracts.topics import PLUGIN_DOCUMENTS, PLUGINS, REVIEWS

GROUP = "catalog.changes"

BATCH_EVENTS = 500

_PLUGIN_TYPES: dict[str, type[PluginChanged]] = {
    event.event_type: event
    for event in (PluginRegistered, PluginRestored, PluginSuspended, PluginUpdated, PluginVersionPublished)
}
_REVIEW_TYPES: dict[str, type[ReviewPosted | ReviewRemoved]] = {
    ReviewPosted.event_type: ReviewPosted,
    ReviewRemoved.event_type: ReviewRemoved,
}


def changes_subscription(record_changes: RecordChanges) -> Subscription:
    """Subscribe the use case to the three topics."""

    async def handle(events: Sequence[Event]) -> None:
        facts = [fact for event in events for fact in decode(event)]
        if facts:
            await record_changes.record(facts)

    return Subscription(
        group=GROUP,
        topics=(PLUGIN_DOCUMENTS.name, PLUGINS.name, REVIEWS.name),
        handler=handle,
        max_records=BATCH_EVENTS,
    )


def decode(event: Event) -> Iterator[Fact]:
    """Give what an event means to the feed; nothing for types that have no part in it.

    Raises
    ------
    MalformedEventError
        It has no data, or is about another plugin than its key says.
    pydantic.ValidationError
        The data is not of the type's form.
    """
    if event.type in _PLUGIN_TYPES:
        yield from _of_plugin(event)
    elif event.type in _REVIEW_TYPES:
        review = _REVIEW_TYPES[event.type].model_validate_json(_data(event))
        _check_key(event, review.plugin_id)
        yield _change(event, review, reviewer_id=review.user_id)
    elif event.type == ChangeType.DOCUMENT:
        document = PluginDocument.model_validate_json(_data(event))
        _check_key(event, document.plugin_id)
        yield _change(event, document, has_new_figures_only=document.change == "counts")
    elif event.type == ChangeType.REMOVAL:
        yield _change(event, None)


def _of_plugin(event: Event) -> Iterator[Fact]:
    changed = _PLUGIN_TYPES[event.type].model_validate_json(_data(event))
    _check_key(event, changed.plugin.plugin_id)
    yield Standing(key=event.key, sequence=event.sequence, is_suspended=changed.plugin.status == "suspended")
    if isinstance(changed, PluginVersionPublished):
        yield _change(event, changed)


def _change(
    event: Event, data: EventData | None, *, has_new_figures_only: bool = False, reviewer_id: UUID | None = None
) -> Change:
    return Change(
        event_id=event.id,
        type=ChangeType(event.type),
        source=event.source,
        key=event.key,
        sequence=event.sequence,
        time=event.time,
        data=data.model_dump_json().encode() if data is not None else None,
        has_new_figures_only=has_new_figures_only,
        reviewer_id=reviewer_id,
    )


def _data(event: Event) -> bytes:
    if event.data is None:
        raise MalformedEventError(f"{event.type} without data")
    return event.data


def _check_key(event: Event, plugin_id: str) -> None:
    if plugin_id != event.key:
        raise MalformedEventError(f"the key {event.key!r} is not the plugin {plugin_id!r}")
