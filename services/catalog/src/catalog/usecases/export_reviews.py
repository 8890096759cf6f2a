"""Somebody wants everything that is kept of their reviews."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from catalog.storage.reviews import export_reviews
from chassis.db import Database


class ExportReviews:
    """Reads a user's reviews of all plugins, also of those that are public no longer."""

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def export(self, user_id: UUID, *, after: str, limit: int) -> Sequence[dict[str, Any]]:
        """Give up to `limit` reviews, by plugin id, above `after`."""
        async with self._database.read() as connection:
            return await export_reviews(connection, user_id, after=after, limit=limit)
