"""WebAuthn credentials. The account's row must be locked by whoever writes."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.second_factor.factors import SecurityKey
from auth.domain.second_factor.relying_party import NewSecurityKey

_LIST = text(
    "SELECT id, name, credential_id, public_key, sign_count, transports, created_at, last_used_at"
    " FROM webauthn_credentials WHERE user_id = :user_id ORDER BY created_at, id"
)
_INSERT = text(
    "INSERT INTO webauthn_credentials (id, user_id, name, credential_id, public_key, sign_count, transports)"
    " VALUES (:id, :user_id, :name, :credential_id, :public_key, :sign_count, :transports)"
    " ON CONFLICT (credential_id) DO NOTHING RETURNING id"
)
_USE = text("UPDATE webauthn_credentials SET sign_count = :sign_count, last_used_at = now() WHERE id = :id")
_DELETE = text("DELETE FROM webauthn_credentials WHERE user_id = :user_id AND id = :id")


async def list_security_keys(connection: AsyncConnection, user_id: UUID) -> Sequence[SecurityKey]:
    """Read an account's keys, oldest first."""
    return [
        SecurityKey(
            id=row.id,
            name=row.name,
            credential_id=row.credential_id,
            public_key=row.public_key,
            sign_count=row.sign_count,
            transports=tuple(row.transports),
            created_at=row.created_at,
            last_used_at=row.last_used_at,
        )
        for row in await connection.execute(_LIST, {"user_id": user_id})
    ]


async def insert_security_key(
    connection: AsyncConnection, user_id: UUID, *, name: str, key: NewSecurityKey
) -> UUID | None:
    """Write a key and give its id; None where some account has it already, in which case nothing was written."""
    values = {
        "id": uuid4(),
        "user_id": user_id,
        "name": name,
        "credential_id": key.credential_id,
        "public_key": key.public_key,
        "sign_count": key.sign_count,
        "transports": list(key.transports),
    }
    key_id: UUID | None = (await connection.execute(_INSERT, values)).scalar_one_or_none()
    return key_id


async def use_security_key(connection: AsyncConnection, key_id: UUID, *, sign_count: int) -> None:
    """Write down that a key has signed."""
    await connection.execute(_USE, {"id": key_id, "sign_count": sign_count})


async def delete_security_key(connection: AsyncConnection, user_id: UUID, key_id: UUID) -> bool:
    """Remove one of an account's keys, and say whether there was one."""
    return (await connection.execute(_DELETE, {"user_id": user_id, "id": key_id})).rowcount == 1
