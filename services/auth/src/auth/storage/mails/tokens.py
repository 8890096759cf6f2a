"""Tokens that were sent by mail: the newest of each account and purpose, by its hash."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.mail_tokens import LIFE_SECONDS, TokenPurpose

_PUT = text(
    "INSERT INTO mail_tokens (user_id, purpose, token_hash, expires_at)"
    " VALUES (:user_id, :purpose, :token_hash, now() + make_interval(secs => :life))"
    " ON CONFLICT (user_id, purpose) DO UPDATE SET token_hash = excluded.token_hash, expires_at = excluded.expires_at"
)
_FIND = text(
    "SELECT user_id FROM mail_tokens WHERE token_hash = :token_hash AND purpose = :purpose AND expires_at > now()"
)
_USE = text(
    "DELETE FROM mail_tokens WHERE token_hash = :token_hash AND purpose = :purpose AND expires_at > now()"
    " RETURNING user_id"
)
_DROP = text("DELETE FROM mail_tokens WHERE expires_at <= now()")


async def put_token(connection: AsyncConnection, purpose: TokenPurpose, *, user_id: UUID, token_hash: bytes) -> None:
    """Keep a token, in place of the account's former one of this purpose."""
    life = LIFE_SECONDS[purpose]
    values = {"user_id": user_id, "purpose": purpose.value, "token_hash": token_hash, "life": life}
    await connection.execute(_PUT, values)


async def find_token(connection: AsyncConnection, purpose: TokenPurpose, token_hash: bytes) -> UUID | None:
    """Say whose token it is, without using it; None where it is none, or over."""
    found = await connection.execute(_FIND, {"purpose": purpose.value, "token_hash": token_hash})
    user_id: UUID | None = found.scalar_one_or_none()
    return user_id


async def use_token(connection: AsyncConnection, purpose: TokenPurpose, token_hash: bytes) -> UUID | None:
    """Use a token up, and say whose it was; of several at once one does."""
    found = await connection.execute(_USE, {"purpose": purpose.value, "token_hash": token_hash})
    user_id: UUID | None = found.scalar_one_or_none()
    return user_id


async def drop_expired_tokens(connection: AsyncConnection) -> None:
    """Forget what is over."""
    await connection.execute(_DROP)
