"""The floor of the outbox: a position below which no row can appear any more.

Rows that were deleted but not yet vacuumed lie before the living ones. While a long transaction keeps them, a poll
that starts at the beginning walks all of them (measured: 68 ms at 300,000). A cursor would skip rows that commit late,
so the floor rises only on proof: whoever may still commit a position up to P drew it before P was seen, and holds a
lock on the table since. Once all who held one when P was seen have ended, what a poll does not find is not there.
"""

import time
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

LOOK_SECONDS = 0.5
"""Between two looks at the locks."""

_WRITERS = (
    "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation' AND relation = 'outbox'::regclass"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND mode = 'RowExclusiveLock' AND granted AND pid IS DISTINCT FROM pg_backend_pid()"
)


@dataclass(slots=True)
class _Candidate:
    position: int
    writers: AbstractSet[str]
    """Transactions that may still commit a position up to that one."""


class Floor:
    """Rises behind a relay; it is always right to begin a poll at `value`.

    Parameters
    ----------
    connection
        In autocommit, so that each statement sees the newest commits.
    """

    def __init__(self, connection: Connection[Any]) -> None:
        self.value = 0
        self._connection = connection
        self._moved_up_to = 0
        self._candidate: _Candidate | None = None
        self._looked_at = 0.0

    def moved(self, position: int) -> None:
        """Take note of the last position that was deleted."""
        self._moved_up_to = position

    def look(self) -> None:
        """Take the last moved position as candidate, or see whether those who could undercut the present one ended."""
        is_useful = self._candidate is not None or self._moved_up_to > self.value
        if not is_useful or time.monotonic() - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = time.monotonic()
        writers = {row[0] for row in self._connection.execute(_WRITERS)}
        if self._candidate is None:
            self._candidate = _Candidate(self._moved_up_to, writers)
        else:
            self._candidate.writers &= writers

    def found(self, first: int | None) -> None:
        """Take note of the first position (None: no row) of a poll of all keys that began after the last look."""
        candidate = self._candidate
        if candidate is not None and not candidate.writers and (first is None or first > candidate.position):
            self.value = candidate.position
            self._candidate = None
