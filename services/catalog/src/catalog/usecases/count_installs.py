"""Count installs, each fact once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from catalog.storage.install_counts import add_installs
from chassis.db import Database
from chassis.inbox import claim_events
from contracts.envelope import Event

CONSUMER = "catalog.installs"


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedInstall:
    """An event that moves a count: `delta` is 1 for a new install and -1 for a removed one."""

    event: Event
    plugin_id: str
    delta: int


class CountInstalls:
    """Adds batches of installs and removals to the counts."""

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def count(self, installs: Sequence[CountedInstall]) -> None:
        """Count a batch in one transaction; events that were counted before are left out, so a repeat is safe."""
        if not installs:
            return
        by_id = {install.event.id: install for install in installs}
        async with self._database.transaction() as connection:
            fresh = await claim_events(connection, consumer=CONSUMER, events=[install.event for install in installs])
            deltas: Counter[str] = Counter()
            for event in fresh:
                deltas[by_id[event.id].plugin_id] += by_id[event.id].delta
            await add_installs(connection, {plugin_id: delta for plugin_id, delta in deltas.items() if delta})
