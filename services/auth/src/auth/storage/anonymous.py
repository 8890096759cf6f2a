"""Anonymous identities and the accounts that claimed them."""

from collections.abc import Sequence
from dataclasses import dataclass
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
    " WHERE id IN (SELECT id FROM alive WHERE last_seen_at < now() - interval '1 hour') RETURNING id"
    # Where an expiry was under way, the update waited for it and found nothing.
    ") SELECT (SELECT count(*) FROM alive WHERE last_seen_at >= now() - interval '1 hour')"
    " + (SELECT count(*) FROM touched)"
)
# The lock makes a claim and an expiry of one identity follow each other.
_CLAIM = text(
    "WITH identity AS (SELECT id FROM anonymous_identities WHERE id = :anonymous_id FOR NO KEY UPDATE)"
    " INSERT INTO anonymous_claims (anonymous_id, user_id) SELECT id, :user_id FROM identity"
    " ON CONFLICT (anonymous_id) DO NOTHING RETURNING claimed_at"
)
# Whoever is seen or claims at this moment holds the row: it is passed over, and looked at again by the next batch.
_LOCK_IDLE = text(
    "SELECT id FROM anonymous_identities WHERE last_seen_at < now() - make_interval(days => :days)"
    " ORDER BY last_seen_at LIMIT :limit FOR UPDATE SKIP LOCKED"
)
_DELETE = text(
    "WITH gone AS (DELETE FROM anonymous_identities WHERE id = ANY(:ids) RETURNING id)"
    " SELECT id FROM gone WHERE NOT EXISTS (SELECT FROM anonymous_claims c WHERE c.anonymous_id = gone.id)"
)


@dataclass(frozen=True, slots=True)
class Expired:
    """Identities that are no more: how many, and those of them that no account had claimed."""

    number: int
    unclaimed: Sequence[UUID]


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


async def delete_idle(connection: AsyncConnection, *, idle_days: int, limit: int) -> Expired:
    """Delete identities that were not seen for so long; a claim that comes later finds none."""
    ids = list((await connection.execute(_LOCK_IDLE, {"days": idle_days, "limit": limit})).scalars())
    if not ids:
        return Expired(0, ())
    # A later statement: it sees the claims that were committed before the rows were locked.
    return Expired(len(ids), list((await connection.execute(_DELETE, {"ids": ids})).scalars()))
