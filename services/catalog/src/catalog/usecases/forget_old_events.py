"""Keep the inbox from growing for ever."""

from chassis.db import Database
from chassis.inbox import forget_old_events


class ForgetOldEvents:
    """Deletes inbox rows that no repeated delivery can need any more."""

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def forget(self) -> int:
        """Delete what is too old; returns how many rows."""
        async with self._database.transaction() as connection:
            return await forget_old_events(connection)
