"""New audit entries become part of the chain."""

from auth.storage.audit_chain import Waiting, measure_waiting, seal_entries
from chassis.db import Database

BATCH_ENTRIES = 500
_COUNT_LIMIT = 10_000


class SealAudit:
    """Seals what waits.

    Parameters
    ----------
    database
        Where the audit is.
    """

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def measure(self) -> Waiting:
        """Look at what waits: one round trip.

        Raises
        ------
        ServiceUnavailableError
            A retry is safe.
        """
        async with self._database.read() as connection:
            return await measure_waiting(connection, limit=_COUNT_LIMIT)

    async def execute(self) -> int:
        """Seal a batch; returns how many entries it was. Any number of processes may do so.

        Raises
        ------
        ServiceUnavailableError
            A retry is safe.
        """
        async with self._database.transaction() as connection:
            return await seal_entries(connection, limit=BATCH_ENTRIES)
