"""Somebody wants everything that is kept of what they publish and review."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from chassis.db import Database
from publishing.storage.erasure import export_held


class ExportHeld:
    """Reads an account's plugins, submissions and decisions.

    Parameters
    ----------
    database
        Of this service.
    """

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def __call__(
        self, user_id: UUID, *, after: tuple[str, str], limit: int
    ) -> Sequence[tuple[str, str, dict[str, Any]]]:
        """Give up to `limit` items with their kind and id, in that order, above `after`."""
        async with self._database.read() as connection:
            return await export_held(connection, user_id, after=after, limit=limit)
