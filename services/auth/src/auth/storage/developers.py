"""Developer profiles."""

from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.accounts import DeveloperProfile

_FIND = text("SELECT user_id, display_name, website, registered_at FROM developer_profiles WHERE user_id = :id")
_INSERT = text(
    "INSERT INTO developer_profiles (user_id, display_name, website) VALUES (:id, :display_name, :website)"
    " RETURNING user_id, display_name, website, registered_at"
)


async def find_profile(connection: AsyncConnection, user_id: UUID) -> DeveloperProfile | None:
    """Read the profile of an account."""
    row = (await connection.execute(_FIND, {"id": user_id})).one_or_none()
    return None if row is None else _profile(row)


async def insert_profile(
    connection: AsyncConnection, *, user_id: UUID, display_name: str, website: str | None
) -> DeveloperProfile:
    """Write the profile of an account that has none; the account's row must be locked."""
    values = {"id": user_id, "display_name": display_name, "website": website}
    return _profile((await connection.execute(_INSERT, values)).one())


def _profile(row: Row[Any]) -> DeveloperProfile:
    return DeveloperProfile(
        id=row.user_id, display_name=row.display_name, website=row.website, registered_at=row.registered_at
    )
