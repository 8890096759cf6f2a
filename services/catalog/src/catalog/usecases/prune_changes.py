"""Keep the change feed from growing for ever."""

from catalog.storage.change_pruning import prune_changes
from chassis.db import Database

BATCH_ROWS = 5_000


class PruneChanges:
    """Drops old changes. Several processes may do so side by side."""

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def prune(self) -> int:
        """Drop one batch; returns how many changes it had, `BATCH_ROWS` where more may be due."""
        async with self._database.transaction() as connection:
            return await prune_changes(connection, rows=BATCH_ROWS)
