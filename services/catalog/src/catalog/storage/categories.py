"""Counting listed plugins by category."""

from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.storage.tables import LISTED

_COUNT = text(f"SELECT category, count(*) AS plugins FROM plugins WHERE {LISTED} GROUP BY category")  # noqa: S608 - constants


async def count_by_category(connection: AsyncConnection) -> Mapping[str, int]:
    """Give category id → number of listed plugins; categories without any are absent."""
    return {row.category: row.plugins for row in await connection.execute(_COUNT)}
