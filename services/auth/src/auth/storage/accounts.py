"""Users and their credentials."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.accounts import Account
from auth.domain.emails import Email
from contracts.identity import Membership, Role

_ACCOUNT = (
    "SELECT u.id, u.email, u.name, coalesce(d.display_name, u.name) AS public_name, u.roles, u.revision,"
    " (SELECT coalesce(jsonb_agg(jsonb_build_object('id', o.id, 'role', m.role, 'name', o.name) ORDER BY o.slug), '[]')"
    " FROM organisation_members m JOIN organisations o ON o.id = m.organisation_id WHERE m.user_id = u.id)"
    " AS organisations,"
    " u.email_verified_at IS NOT NULL AS is_email_verified"
    " FROM users u LEFT JOIN developer_profiles d ON d.user_id = u.id"
)
_LOCK_ADMINISTRATORS = text(
    "SELECT id FROM users WHERE 'administrator' = ANY (roles) OR id = :id ORDER BY id FOR NO KEY UPDATE"
)
_ADMINISTRATORS = text("SELECT id FROM users WHERE 'administrator' = ANY (roles)")
_FIND_BY_EMAIL = text(f"{_ACCOUNT} WHERE u.email_key = :email_key")
_VERIFY = text(
    "UPDATE users SET email_verified_at = now(), updated_at = now() WHERE id = :id AND email_verified_at IS NULL"
    " RETURNING id"
)
_FIND = text(f"{_ACCOUNT} WHERE u.id = :id AND u.deleted_at IS NULL")
_LOCK = text("SELECT FROM users WHERE id = :id FOR NO KEY UPDATE")
_INSERT = text(
    "INSERT INTO users (id, email, email_key, name, event_sequence) VALUES (:id, :email, :email_key, :name, 1)"
    " ON CONFLICT (email_key) DO NOTHING RETURNING created_at"
)
_CREDENTIALS = "SELECT u.id, c.password_hash, c.changed_at FROM users u JOIN credentials c ON c.user_id = u.id"
_FIND_CREDENTIALS = text(f"{_CREDENTIALS} WHERE u.email_key = :email_key")
_FIND_OWN_CREDENTIALS = text(f"{_CREDENTIALS} WHERE u.id = :id")
_SET_PASSWORD = text(
    "INSERT INTO credentials (user_id, password_hash) VALUES (:id, :password_hash)"
    " ON CONFLICT (user_id) DO UPDATE SET password_hash = excluded.password_hash, changed_at = now()"
)
_REFRESH_HASH = text("UPDATE credentials SET password_hash = :password_hash WHERE user_id = :id")
_SET_ROLES = text("UPDATE users SET roles = :roles, revision = revision + 1, updated_at = now() WHERE id = :id")
_NEXT_SEQUENCE = text("UPDATE users SET event_sequence = event_sequence + 1 WHERE id = :id RETURNING event_sequence")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a password is checked against.

    Parameters
    ----------
    changed_at
        When the password was set; the hash may be younger, see `refresh_password_hash`.
    """

    user_id: UUID
    password_hash: str
    changed_at: datetime


async def insert_account(connection: AsyncConnection, *, user_id: UUID, email: Email, name: str) -> datetime | None:
    """Write a user whose event sequence is 1.

    Returns
    -------
    datetime
        When it was created; None where the address has an account, in which case nothing was written.
    """
    values = {"id": user_id, "email": email.address, "email_key": email.key, "name": name}
    created_at: datetime | None = (await connection.execute(_INSERT, values)).scalar_one_or_none()
    return created_at


async def find_account(connection: AsyncConnection, user_id: UUID) -> Account | None:
    """Read an account."""
    return _account((await connection.execute(_FIND, {"id": user_id})).one_or_none())


async def find_account_by_email_key(connection: AsyncConnection, email_key: str) -> Account | None:
    """Read the account of an e-mail address."""
    return _account((await connection.execute(_FIND_BY_EMAIL, {"email_key": email_key})).one_or_none())


async def find_account_by_email(connection: AsyncConnection, email: Email) -> Account | None:
    """Read the account of an address."""
    return await find_account_by_email_key(connection, email.key)


async def lock_with_administrators(connection: AsyncConnection, user_id: UUID) -> frozenset[UUID]:
    """Lock an account's row and those of all administrators, in one order; gives who is administrator then."""
    await connection.execute(_LOCK_ADMINISTRATORS, {"id": user_id})
    return frozenset((await connection.execute(_ADMINISTRATORS)).scalars())


async def find_account_locked(connection: AsyncConnection, user_id: UUID) -> Account | None:
    """Lock an account's row until the transaction ends, then read it: every change of an account begins so."""
    # Two statements: a join that waited for the lock would show the profile as it was before the wait.
    await connection.execute(_LOCK, {"id": user_id})
    return await find_account(connection, user_id)


async def find_credentials(connection: AsyncConnection, email: Email) -> Credentials | None:
    """Read what an address's password is checked against."""
    return _credentials((await connection.execute(_FIND_CREDENTIALS, {"email_key": email.key})).one_or_none())


async def find_own_credentials(connection: AsyncConnection, user_id: UUID) -> Credentials | None:
    """Read what an account's password is checked against."""
    return _credentials((await connection.execute(_FIND_OWN_CREDENTIALS, {"id": user_id})).one_or_none())


async def is_still_set(connection: AsyncConnection, checked: Credentials) -> bool:
    """Say whether the password that was checked is still the account's; the account's row must be locked."""
    now = await find_own_credentials(connection, checked.user_id)
    return now is not None and now.changed_at == checked.changed_at


async def set_password_hash(connection: AsyncConnection, *, user_id: UUID, password_hash: str) -> None:
    """Write the hash of an account's password."""
    await connection.execute(_SET_PASSWORD, {"id": user_id, "password_hash": password_hash})


async def refresh_password_hash(connection: AsyncConnection, *, user_id: UUID, password_hash: str) -> None:
    """Write another hash of the same password; the account's row must be locked."""
    await connection.execute(_REFRESH_HASH, {"id": user_id, "password_hash": password_hash})


async def set_email_verified(connection: AsyncConnection, user_id: UUID) -> bool:
    """Note that the account's owner reads mails to its address; False where that was known."""
    return (await connection.execute(_VERIFY, {"id": user_id})).first() is not None


async def set_roles(connection: AsyncConnection, *, user_id: UUID, roles: tuple[Role, ...]) -> None:
    """Replace an account's roles and raise its revision; the row must be locked."""
    await connection.execute(_SET_ROLES, {"id": user_id, "roles": list(roles)})


async def next_event_sequence(connection: AsyncConnection, user_id: UUID) -> int:
    """Draw the number of the account's next event; the row must be locked."""
    sequence: int = (await connection.execute(_NEXT_SEQUENCE, {"id": user_id})).scalar_one()
    return sequence


def _credentials(row: Row[Any] | None) -> Credentials | None:
    return None if row is None else Credentials(row.id, row.password_hash, row.changed_at)


def _account(row: Row[Any] | None) -> Account | None:
    if row is None:
        return None
    return Account(
        id=row.id,
        email=row.email,
        name=row.name,
        public_name=row.public_name,
        roles=tuple(row.roles),
        revision=row.revision,
        organisations=tuple(Membership.model_validate(each) for each in row.organisations),
        is_email_verified=row.is_email_verified,
    )
