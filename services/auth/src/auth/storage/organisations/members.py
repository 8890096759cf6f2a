"""Rows of `organisation_members`. The organisation's row is locked before any of them changes."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.organisations import Member
from contracts.identity import OrganisationRole

_LIST = text(
    "SELECT m.user_id, coalesce(d.display_name, u.name) AS name, m.role, m.joined_at FROM organisation_members m"
    " JOIN users u ON u.id = m.user_id LEFT JOIN developer_profiles d ON d.user_id = u.id"
    " WHERE m.organisation_id = :organisation_id ORDER BY m.joined_at, m.user_id"
)
_ROLE = text("SELECT role FROM organisation_members WHERE organisation_id = :organisation_id AND user_id = :user_id")
_COUNT = text("SELECT count(*) FROM organisation_members WHERE organisation_id = :organisation_id")
_COUNT_OWNERS = text(
    "SELECT count(*) FROM organisation_members WHERE organisation_id = :organisation_id AND role = 'owner'"
)
_LOCK_OF = text(
    "SELECT FROM organisations WHERE id IN (SELECT organisation_id FROM organisation_members WHERE user_id = :user_id)"
    " ORDER BY id FOR UPDATE"
)
_OWNED_ALONE = text(
    "SELECT o.slug FROM organisation_members m JOIN organisations o ON o.id = m.organisation_id"
    " WHERE m.user_id = :user_id AND m.role = 'owner' AND o.deleted_at IS NULL AND NOT EXISTS (SELECT FROM"
    " organisation_members r WHERE r.organisation_id = o.id AND r.role = 'owner' AND r.user_id <> m.user_id)"
    " ORDER BY o.slug LIMIT 1"
)
_COUNT_OF = text("SELECT count(*) FROM organisation_members WHERE user_id = :user_id")
_SET = text(
    "INSERT INTO organisation_members (organisation_id, user_id, role) VALUES (:organisation_id, :user_id, :role)"
    " ON CONFLICT (organisation_id, user_id) DO UPDATE SET role = excluded.role"
)
_REMOVE = text("DELETE FROM organisation_members WHERE organisation_id = :organisation_id AND user_id = :user_id")
# In one order, so that two changes of the same accounts wait for each other instead of for ever.
_LOCK = text("SELECT FROM users WHERE id = ANY(CAST(:user_ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE")
_RAISE = text("UPDATE users SET revision = revision + 1, updated_at = now() WHERE id = ANY(CAST(:user_ids AS uuid[]))")


async def list_members(connection: AsyncConnection, organisation_id: UUID) -> Sequence[Member]:
    """List an organisation's members, those of longest standing first."""
    found = await connection.execute(_LIST, {"organisation_id": organisation_id})
    return [Member(user_id=row.user_id, name=row.name, role=row.role, joined_at=row.joined_at) for row in found]


async def find_role(connection: AsyncConnection, *, organisation_id: UUID, user_id: UUID) -> OrganisationRole | None:
    """Say what an account is in an organisation."""
    values = {"organisation_id": organisation_id, "user_id": user_id}
    role: OrganisationRole | None = (await connection.execute(_ROLE, values)).scalar_one_or_none()
    return role


async def count_members(connection: AsyncConnection, organisation_id: UUID) -> int:
    """Count an organisation's members."""
    return int((await connection.execute(_COUNT, {"organisation_id": organisation_id})).scalar_one())


async def count_owners(connection: AsyncConnection, organisation_id: UUID) -> int:
    """Count an organisation's owners."""
    return int((await connection.execute(_COUNT_OWNERS, {"organisation_id": organisation_id})).scalar_one())


async def lock_organisations_of(connection: AsyncConnection, user_id: UUID) -> None:
    """Lock the organisations that an account is in, before the account: their owners do not change meanwhile."""
    await connection.execute(_LOCK_OF, {"user_id": user_id})


async def find_owned_alone(connection: AsyncConnection, user_id: UUID) -> str | None:
    """Give the slug of an organisation that has no other owner; None where there is none."""
    slug: str | None = (await connection.execute(_OWNED_ALONE, {"user_id": user_id})).scalar_one_or_none()
    return slug


async def count_memberships(connection: AsyncConnection, user_id: UUID) -> int:
    """Count the organisations that an account is in; its row must be locked where more are not to come."""
    return int((await connection.execute(_COUNT_OF, {"user_id": user_id})).scalar_one())


async def set_member(
    connection: AsyncConnection, *, organisation_id: UUID, user_id: UUID, role: OrganisationRole
) -> None:
    """Give an account a role in an organisation."""
    values = {"organisation_id": organisation_id, "user_id": user_id, "role": role}
    await connection.execute(_SET, values)


async def remove_member(connection: AsyncConnection, *, organisation_id: UUID, user_id: UUID) -> None:
    """Take an account out of an organisation."""
    await connection.execute(_REMOVE, {"organisation_id": organisation_id, "user_id": user_id})


async def raise_revisions(connection: AsyncConnection, user_ids: Iterable[UUID]) -> None:
    """Say that what identity tokens say of these accounts has changed."""
    values = {"user_ids": list(user_ids)}
    await connection.execute(_LOCK, values)
    await connection.execute(_RAISE, values)
