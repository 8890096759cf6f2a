"""Anonymous identities and the accounts that claimed them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_INSERT = text("INSERT INTO anonymous_identities (id) VALUES (:id)")

# Seen to the hour: a write on every renewal would serve nobody, since they expire after months.
_TOUCH = text(
    "WITH alive AS ("
    " SELECT id, last_seen_at FROM anonymous_identities i WHERE id = :id"
    " AND NOT EXISTS (SELECT FROM anonymous_claims c WHERE c.anonymous_id = i.id)"
    "), touched AS ("
    " UPDATE anonymous_identities SET last_seen_at = now()"
    " WHERE id IN (SELECT id FROM alive WHERE last_seen_at < now() - interval '1 hour')"
    ") SELECT count(*) FROM alive"
)
_CLAIM = text(
    "INSERT INTO anonymous_claims (anonymous_id, user_id)"
    " SELECT id, :user_id FROM anonymous_identities WHERE id = :anonymous_id"
    " ON CONFLICT (anonymous_id) DO NOTHING RETURNING claimed_at"
)


async def insert_anonymous(connection: AsyncConnection, anonymous_id: UUID) -> None:
    """Write a new identity."""
    await connection.execute(_INSERT, {"id": anonymous_id})


async def touch_anonymous(connection: AsyncConnection, anonymous_id: UUID) -> bool:
    """Note that an identity was seen; False where it is unknown or claimed."""
    alive: int = (await connection.execute(_TOUCH, {"id": anonymous_id})).scalar_one()
    return alive == 1


async def insert_claim(connection: AsyncConnection, *, anonymous_id: UUID, user_id: UUID) -> datetime | None:
    """Claim an identity for an account, whose row must be locked; a rival's claim in flight is waited for.

    Returns
    -------
    datetime
        When it was claimed; None where the identity is unknown, or somebody (perhaps this account) had claimed it.
    """
    values = {"anonymous_id": anonymous_id, "user_id": user_id}
    claimed_at: datetime | None = (await connection.execute(_CLAIM, values)).scalar_one_or_none()
    return claimed_at
