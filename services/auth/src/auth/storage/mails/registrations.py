"""Accounts that wait until their address is confirmed."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.emails import Email
from auth.domain.mail_tokens import REGISTRATION_LIFE_SECONDS

_INSERT = text(
    "INSERT INTO registrations (id, email, email_key, name, password_hash, expires_at)"
    " VALUES (:id, :email, :email_key, :name, :password_hash, now() + make_interval(secs => :life))"
)
_PUT_TOKEN = text("UPDATE registrations SET token_hash = :token_hash WHERE id = :id")
_COLUMNS = "id, email, email_key, name, password_hash"
_FIND = text(f"SELECT {_COLUMNS} FROM registrations WHERE id = :id AND expires_at > now()")  # noqa: S608 - ours
_FIND_BY_TOKEN = text(
    f"SELECT {_COLUMNS} FROM registrations WHERE token_hash = :token_hash AND expires_at > now()"  # noqa: S608 - ours
)
_USE = text("DELETE FROM registrations WHERE id = :id RETURNING id")
_DROP_OF = text("DELETE FROM registrations WHERE email_key = :email_key")
_DROP = text("DELETE FROM registrations WHERE expires_at <= now()")


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """An account that is not one yet."""

    id: UUID
    email: Email
    name: str
    password_hash: str


async def insert_registration(
    connection: AsyncConnection, *, registration_id: UUID, email: Email, name: str, password_hash: str
) -> None:
    """Keep one; an address may have several, since not all need come from whom it belongs to."""
    values = {
        "id": registration_id,
        "email": email.address,
        "email_key": email.key,
        "name": name,
        "password_hash": password_hash,
        "life": REGISTRATION_LIFE_SECONDS,
    }
    await connection.execute(_INSERT, values)


async def find_registration(connection: AsyncConnection, registration_id: UUID) -> Registration | None:
    """Read one that is not over."""
    return await _read(connection, _FIND, {"id": registration_id})


async def find_registration_of_token(connection: AsyncConnection, token_hash: bytes) -> Registration | None:
    """Read the one whose token was sent, without using it; None where there is none, or it is over."""
    return await _read(connection, _FIND_BY_TOKEN, {"token_hash": token_hash})


async def put_registration_token(connection: AsyncConnection, registration_id: UUID, token_hash: bytes) -> None:
    """Keep a token in place of the former one."""
    await connection.execute(_PUT_TOKEN, {"id": registration_id, "token_hash": token_hash})


async def use_registration(connection: AsyncConnection, registration: Registration) -> bool:
    """Use one up with all others of its address, and say whether there still was one; of several at once one does."""
    if (await connection.execute(_USE, {"id": registration.id})).first() is None:
        return False
    await connection.execute(_DROP_OF, {"email_key": registration.email.key})
    return True


async def drop_expired_registrations(connection: AsyncConnection) -> None:
    """Forget what is over."""
    await connection.execute(_DROP)


async def _read(connection: AsyncConnection, statement: TextClause, values: dict[str, object]) -> Registration | None:
    row = (await connection.execute(statement, values)).one_or_none()
    if row is None:
        return None
    email = Email(row.email, row.email_key)
    return Registration(id=row.id, email=email, name=row.name, password_hash=row.password_hash)
