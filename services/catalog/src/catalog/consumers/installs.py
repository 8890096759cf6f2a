"""installs.v1: who installed or removed what; only the counts matter here."""

from collections.abc import Sequence

from catalog.usecases.count_installs import CONSUMER, CountedInstall, CountInstalls
from chassis.consumer import Subscription
from chassis.inbox import RETENTION_DAYS
from contracts.envelope import Event, MalformedEventError
from contracts.events.installs import InstallChanged, InstallCreated, InstallRemoved
from contracts.topics import INSTALLS

LINGER_SECONDS = 0.5
"""Wait for more installs to share a transaction; a twentieth of the time until a count must be visible."""

BATCH_EVENTS = 500

_DELTAS: dict[str, tuple[type[InstallChanged], int]] = {
    InstallCreated.event_type: (InstallCreated, 1),
    InstallRemoved.event_type: (InstallRemoved, -1),
}


def installs_subscription(count_installs: CountInstalls) -> Subscription:
    """Subscribe the use case to installs.v1."""

    async def handle(events: Sequence[Event]) -> None:
        await count_installs.count([decode(event) for event in events if event.type in _DELTAS])

    return Subscription(
        group=CONSUMER,
        topics=(INSTALLS.name,),
        remembers_days=RETENTION_DAYS,
        handler=handle,
        max_records=BATCH_EVENTS,
        linger_seconds=LINGER_SECONDS,
    )


def decode(event: Event) -> CountedInstall:
    """Read an event that moves a count.

    Raises
    ------
    MalformedEventError
        It has no data.
    pydantic.ValidationError
        The data is not of the type's form.
    """
    if event.data is None:
        raise MalformedEventError(f"{event.type} without data")
    model, delta = _DELTAS[event.type]
    return CountedInstall(event=event, plugin_id=model.model_validate_json(event.data).plugin_id, delta=delta)
