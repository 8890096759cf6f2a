"""plugins.v1: what publishing says of plugins and versions."""

from collections.abc import Sequence

from catalog.domain.plugin_change import PluginChange
from catalog.usecases.apply_plugin_changes import ApplyPluginChanges
from chassis.consumer import Subscription
from contracts.envelope import Event, MalformedEventError
from contracts.events.plugins import (
    PluginChanged,
    PluginRegistered,
    PluginRestored,
    PluginSuspended,
    PluginUpdated,
    PluginVersionPublished,
)
from contracts.topics import PLUGINS

GROUP = "catalog.plugins"

BATCH_EVENTS = 100
"""Events in one transaction: it lasts about 0.1 s, in which reviews of the same plugins wait."""

_TYPES: dict[str, type[PluginChanged]] = {
    event.event_type: event
    for event in (PluginRegistered, PluginRestored, PluginSuspended, PluginUpdated, PluginVersionPublished)
}


def plugins_subscription(apply_changes: ApplyPluginChanges) -> Subscription:
    """Subscribe the use case to plugins.v1."""

    async def handle(events: Sequence[Event]) -> None:
        changes = [decode(event) for event in events if event.type in _TYPES]
        if changes:
            await apply_changes.apply(changes)

    return Subscription(group=GROUP, topics=(PLUGINS.name,), handler=handle, max_records=BATCH_EVENTS)


def decode(event: Event) -> PluginChange:
    """Read an event of a known type.

    Raises
    ------
    MalformedEventError
        It has no data, or is about another plugin than its key says.
    pydantic.ValidationError
        The data is not of the type's form.
    """
    if event.data is None:
        raise MalformedEventError(f"{event.type} without data")
    data = _TYPES[event.type].model_validate_json(event.data)
    if data.plugin.plugin_id != event.key:
        raise MalformedEventError(f"the key {event.key!r} is not the plugin {data.plugin.plugin_id!r}")
    version = data.version if isinstance(data, PluginVersionPublished) else None
    return PluginChange(sequence=event.sequence, state=data.plugin, version=version)
