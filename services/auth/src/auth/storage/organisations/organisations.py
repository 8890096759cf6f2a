"""Rows of `organisations`. Whoever changes an organisation or who is in it locks its row first."""

# ruff: noqa: S608 - statements are put together from constants of this module only

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.organisations import Organisation, OwnOrganisation

COLUMNS = "o.id, o.slug, o.name, o.revision, o.created_at"
_FIND = f"SELECT {COLUMNS} FROM organisations o WHERE o.slug = :slug AND o.deleted_at IS NULL"
_FIND_NOW = text(_FIND)
_LOCK = text(f"{_FIND} FOR UPDATE")
_INSERT = text(
    "INSERT INTO organisations AS o (id, slug, name) VALUES (:id, :slug, :name)"
    f" ON CONFLICT (slug) DO NOTHING RETURNING {COLUMNS}"
)
_OF_ACCOUNT = text(
    f"SELECT {COLUMNS}, m.role FROM organisation_members m JOIN organisations o ON o.id = m.organisation_id"
    " WHERE m.user_id = :user_id ORDER BY o.slug"
)
_RENAME = text(
    f"UPDATE organisations AS o SET name = :name, revision = revision + 1 WHERE id = :id RETURNING {COLUMNS}"
)
_DELETE = text("UPDATE organisations SET deleted_at = now(), revision = revision + 1 WHERE id = :id")
_EMPTY = text(
    "WITH invited AS (DELETE FROM organisation_invitations WHERE organisation_id = :id)"
    " DELETE FROM organisation_members WHERE organisation_id = :id"
)
_NEXT_SEQUENCE = text(
    "UPDATE organisations SET event_sequence = event_sequence + 1 WHERE id = :id RETURNING event_sequence"
)


async def insert_organisation(
    connection: AsyncConnection, *, organisation_id: UUID, slug: str, name: str
) -> Organisation | None:
    """Take a slug; None where an organisation has it, or had it: what it published must not seem another's."""
    values = {"id": organisation_id, "slug": slug, "name": name}
    row = (await connection.execute(_INSERT, values)).one_or_none()
    return None if row is None else organisation_of(row)


async def find_organisation(connection: AsyncConnection, slug: str) -> Organisation | None:
    """Read an organisation."""
    row = (await connection.execute(_FIND_NOW, {"slug": slug})).one_or_none()
    return None if row is None else organisation_of(row)


async def lock_organisation(connection: AsyncConnection, slug: str) -> Organisation | None:
    """Read an organisation and hold its row until the transaction ends."""
    row = (await connection.execute(_LOCK, {"slug": slug})).one_or_none()
    return None if row is None else organisation_of(row)


async def list_organisations_of(connection: AsyncConnection, user_id: UUID) -> Sequence[OwnOrganisation]:
    """List the organisations that an account is in, by slug."""
    found = await connection.execute(_OF_ACCOUNT, {"user_id": user_id})
    return [OwnOrganisation(organisation_of(row), row.role) for row in found]


async def rename_organisation(connection: AsyncConnection, organisation_id: UUID, *, name: str) -> Organisation:
    """Change the name; the row is locked already."""
    return organisation_of((await connection.execute(_RENAME, {"id": organisation_id, "name": name})).one())


async def delete_organisation(connection: AsyncConnection, organisation_id: UUID) -> None:
    """End an organisation with members and invitations; its row stays, so that its slug is never another's."""
    await connection.execute(_EMPTY, {"id": organisation_id})
    await connection.execute(_DELETE, {"id": organisation_id})


async def next_organisation_sequence(connection: AsyncConnection, organisation_id: UUID) -> int:
    """Draw the number of the organisation's next event; the row must be locked."""
    sequence: int = (await connection.execute(_NEXT_SEQUENCE, {"id": organisation_id})).scalar_one()
    return sequence


def organisation_of(row: Row[Any]) -> Organisation:
    """Read a row of `COLUMNS`."""
    return Organisation(id=row.id, slug=row.slug, name=row.name, revision=row.revision, created_at=row.created_at)
