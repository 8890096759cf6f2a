"""Take facts into the change feed, each once and in one order for all readers."""

from collections.abc import Sequence
from datetime import timedelta

from catalog.domain.change_pages import KEPT_DAYS
from catalog.domain.changes import Change, Fact, arrange
from catalog.storage.change_writes import (
    known_ids,
    load_states,
    load_waiting,
    lock_feed,
    save_states,
    write_arrangement,
)
from chassis.clock import Clock
from chassis.db import Database


class RecordChanges:
    """Writes the change feed. Several processes may do so side by side; they take turns."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def record(self, facts: Sequence[Fact]) -> int:
        """Take facts in, in the order of their topics; returns how many were new. A repeat is safe."""
        keys = {fact.key for fact in facts}
        ids = [fact.event_id for fact in facts if isinstance(fact, Change)]
        async with self._database.transaction() as connection:
            await lock_feed(connection)
            states = await load_states(connection, keys)
            arrangement = arrange(
                facts,
                states=states,
                waiting=await load_waiting(connection, keys),
                known=await known_ids(connection, ids),
                not_before=self._clock.now() - timedelta(days=KEPT_DAYS),
            )
            await write_arrangement(connection, arrangement)
            await save_states(connection, states.values())
        return len(arrangement.added)
