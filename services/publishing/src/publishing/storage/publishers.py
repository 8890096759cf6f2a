"""Rows of `trusted_publishers`."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from publishing.domain.trusted_publishing import Publisher

_COLUMNS = "id, plugin_id, issuer, claims, created_by, created_at"
_LIST = text(
    f"SELECT {_COLUMNS} FROM trusted_publishers WHERE plugin_id = :plugin_id"  # noqa: S608 - the columns are ours
    " ORDER BY created_at, id"
)
_INSERT = text(
    "INSERT INTO trusted_publishers (id, plugin_id, issuer, claims, created_by)"  # noqa: S608 - the columns are ours
    " VALUES (:id, :plugin_id, :issuer, CAST(:claims AS jsonb), :created_by)"
    f" ON CONFLICT (plugin_id, issuer, claims) DO NOTHING RETURNING {_COLUMNS}"
)
_DELETE = text("DELETE FROM trusted_publishers WHERE id = :id AND plugin_id = :plugin_id")


async def list_publishers(connection: AsyncConnection, plugin_id: str) -> Sequence[Publisher]:
    """List a plugin's publishers, oldest first."""
    return [_publisher(row) for row in await connection.execute(_LIST, {"plugin_id": plugin_id})]


async def insert_publisher(
    connection: AsyncConnection,
    *,
    publisher_id: UUID,
    plugin_id: str,
    issuer: str,
    claims: Mapping[str, str],
    created_by: UUID,
) -> Publisher | None:
    """Write a publisher; None where the plugin has the same one."""
    values = {
        "id": publisher_id,
        "plugin_id": plugin_id,
        "issuer": issuer,
        "claims": json.dumps(dict(claims)),
        "created_by": created_by,
    }
    row = (await connection.execute(_INSERT, values)).one_or_none()
    return None if row is None else _publisher(row)


async def delete_publisher(connection: AsyncConnection, *, publisher_id: UUID, plugin_id: str) -> bool:
    """Remove a publisher; False where the plugin has no such one."""
    return (await connection.execute(_DELETE, {"id": publisher_id, "plugin_id": plugin_id})).rowcount == 1


def _publisher(row: Row[Any]) -> Publisher:
    return Publisher(
        id=row.id,
        plugin_id=row.plugin_id,
        issuer=row.issuer,
        claims=row.claims,
        created_by=row.created_by,
        created_at=row.created_at,
    )
