"""What nobody can use any more is removed."""

from auth.storage.tokens.api_tokens import sweep_tokens
from auth.storage.tokens.assertions import sweep_assertions
from chassis.db import Database


class SweepTokens:
    """Removes expired tokens, and used assertions that nobody would take any more.

    Parameters
    ----------
    database
        Where both are.
    """

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def execute(self) -> int:
        """Remove them; gives how many it was. Any number of processes may do so.

        Raises
        ------
        ServiceUnavailableError
            A retry is safe.
        """
        async with self._database.transaction() as connection:
            return await sweep_tokens(connection) + await sweep_assertions(connection)
