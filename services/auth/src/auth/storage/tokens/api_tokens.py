"""API tokens in PostgreSQL, which alone says whether one is good."""

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.tokens.api_tokens import ApiToken
from contracts.api_tokens import TokenKind

_COLUMNS = "id, user_id, kind, name, scopes, source_ranges, created_at, expires_at, last_used_at, last_used_network"
_INSERT = text(
    "INSERT INTO api_tokens (id, user_id, token_hash, kind, name, scopes, source_ranges, created_at, expires_at)"
    " VALUES (:id, :user_id, :token_hash, :kind, :name, :scopes, :source_ranges, :created_at, :expires_at)"
)
_FIND = text(f"SELECT {_COLUMNS} FROM api_tokens WHERE token_hash = :token_hash AND expires_at > now()")  # noqa: S608 - the columns are ours
_LIST = text(
    f"SELECT {_COLUMNS} FROM api_tokens WHERE user_id = :user_id AND expires_at > now()"  # noqa: S608 - the columns are ours
    " ORDER BY created_at DESC, id"
)
_COUNT = text("SELECT count(*) FROM api_tokens WHERE user_id = :user_id AND kind <> 'ci' AND expires_at > now()")
# Locked by its account first: whoever changes an account's rights and drops the entries in Redis comes before or after.
_LOCK_OWNER = text("SELECT FROM users WHERE id = :user_id FOR SHARE")
_NOTE_USE = text(
    "UPDATE api_tokens SET last_used_at = now(), last_used_network = :network"
    " WHERE id = :id AND expires_at > now() RETURNING id"
)
_DELETE = text(
    "DELETE FROM api_tokens WHERE id = :id AND user_id = :user_id AND expires_at > now()"  # noqa: S608 - the columns are ours
    f" RETURNING {_COLUMNS}, encode(token_hash, 'hex') AS hash"
)
_DELETE_ALL = text("DELETE FROM api_tokens WHERE user_id = :user_id")
_SWEEP = text("DELETE FROM api_tokens WHERE expires_at < now() - interval '1 day'")


async def insert_token(connection: AsyncConnection, token: ApiToken, *, token_hash: str) -> None:
    """Write a token; its account's row must be locked where tokens are counted."""
    values = {
        "id": token.id,
        "user_id": token.user_id,
        "token_hash": bytes.fromhex(token_hash),
        "kind": token.kind,
        "name": token.name,
        "scopes": list(token.scopes),
        "source_ranges": list(token.source_ranges),
        "created_at": token.created_at,
        "expires_at": token.expires_at,
    }
    await connection.execute(_INSERT, values)


async def find_token(connection: AsyncConnection, token_hash: str) -> ApiToken | None:
    """Read a token that has not expired."""
    row = (await connection.execute(_FIND, {"token_hash": bytes.fromhex(token_hash)})).one_or_none()
    return None if row is None else _token(row)


async def list_tokens_of(connection: AsyncConnection, user_id: UUID) -> Sequence[ApiToken]:
    """Read an account's tokens that have not expired, the newest first."""
    return [_token(row) for row in await connection.execute(_LIST, {"user_id": user_id})]


async def count_tokens_of(connection: AsyncConnection, user_id: UUID) -> int:
    """Count an account's tokens but those of trusted publishing; its row must be locked."""
    return int((await connection.execute(_COUNT, {"user_id": user_id})).scalar_one())


async def note_use(connection: AsyncConnection, token: ApiToken, *, network: str) -> bool:
    """Note that a token is used, and hold it and its account as they are until the transaction ends.

    Returns
    -------
    bool
        False where the token is gone.
    """
    await connection.execute(_LOCK_OWNER, {"user_id": token.user_id})
    return (await connection.execute(_NOTE_USE, {"id": token.id, "network": network})).one_or_none() is not None


async def delete_token(connection: AsyncConnection, *, token_id: UUID, user_id: UUID) -> tuple[ApiToken, str] | None:
    """Remove an account's token; gives it and its hash, or None where the account has no such token."""
    row = (await connection.execute(_DELETE, {"id": token_id, "user_id": user_id})).one_or_none()
    return None if row is None else (_token(row), row.hash)


async def delete_tokens_of(connection: AsyncConnection, user_id: UUID) -> None:
    """Remove all tokens of an account, whose row must be locked; `TokenEntries.drop_all` comes before the commit."""
    await connection.execute(_DELETE_ALL, {"user_id": user_id})


async def sweep_tokens(connection: AsyncConnection) -> int:
    """Remove what expired a day ago; gives how many it was."""
    return (await connection.execute(_SWEEP)).rowcount


def _token(row: Row[Any]) -> ApiToken:
    return ApiToken(
        id=row.id,
        user_id=row.user_id,
        kind=cast("TokenKind", row.kind),
        name=row.name,
        scopes=tuple(row.scopes),
        source_ranges=tuple(row.source_ranges),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        last_used_network=row.last_used_network,
    )
