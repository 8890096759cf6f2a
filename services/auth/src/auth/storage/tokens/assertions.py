"""Assertions of other issuers for which a token was minted."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_USE = text(
    "INSERT INTO used_assertions (issuer, jti, kept_until) VALUES (:issuer, :jti, :kept_until)"
    " ON CONFLICT (issuer, jti) DO NOTHING RETURNING jti"
)
_SWEEP = text("DELETE FROM used_assertions WHERE kept_until < now()")


async def use_assertion(connection: AsyncConnection, *, issuer: str, jti: str, kept_until: datetime) -> bool:
    """Use an assertion up in this transaction; False where another has. A rival in flight is waited for."""
    values = {"issuer": issuer, "jti": jti, "kept_until": kept_until}
    return (await connection.execute(_USE, values)).one_or_none() is not None


async def sweep_assertions(connection: AsyncConnection) -> int:
    """Forget those that nobody would take any more; gives how many it was."""
    return (await connection.execute(_SWEEP)).rowcount
