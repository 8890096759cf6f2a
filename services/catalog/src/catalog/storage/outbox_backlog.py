"""How far the relay is behind."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_OLDEST = text("SELECT extract(epoch FROM clock_timestamp() - occurred_at) FROM outbox ORDER BY position LIMIT 1")


async def backlog_seconds(connection: AsyncConnection) -> float:
    """Give the age of the oldest event that waits for the relay, in seconds; 0 where none does."""
    age = (await connection.execute(_OLDEST)).scalar_one_or_none()
    return float(age) if age is not None else 0.0
