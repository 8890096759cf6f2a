"""Rows of `plugins`. Whoever changes one locks it first, so that event order is commit order."""

# ruff: noqa: S608 - statements are put together from constants of this module only

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from publishing.domain.owners import Owner
from publishing.domain.plugins import LISTING_FIELDS, Plugin

_COLUMNS = (
    "id, name, description, owner_id, owner_kind, author_name, category, tags, icon_url, homepage, repository, license,"
    " status, suspended_reason, sequence, revision, created_at, updated_at"
)
_INSERT = text(
    "INSERT INTO plugins (id, owner_id, owner_kind, author_name, name, description, category, tags, icon_url, homepage,"
    " repository, license) VALUES (:id, :owner_id, :owner_kind, :author_name, :name, :description, :category,"
    " CAST(:tags AS text[]), :icon_url, :homepage, :repository, :license)"
    f" ON CONFLICT (id) DO NOTHING RETURNING {_COLUMNS}"
)
_FIND = text(f"SELECT {_COLUMNS} FROM plugins WHERE id = :id")
_LOCK = text(f"SELECT {_COLUMNS} FROM plugins WHERE id = :id FOR UPDATE")
_BUMP = "sequence = sequence + 1, revision = revision + 1, updated_at = clock_timestamp()"
_CHANGE_LISTING = text(
    f"UPDATE plugins SET {', '.join(f'{field} = :{field}' for field in LISTING_FIELDS)},"
    f" author_name = :author_name, {_BUMP}"
    f" WHERE id = :id RETURNING {_COLUMNS}"
)
_CHANGE_OWNER = text(
    "UPDATE plugins SET owner_id = :owner_id, owner_kind = :owner_kind, author_name = :author_name,"
    f" {_BUMP} WHERE id = :id RETURNING {_COLUMNS}"
)
_MARK_PUBLISHED = text(
    "UPDATE plugins SET status = CASE status WHEN 'draft' THEN 'published' ELSE status END,"
    f" {_BUMP} WHERE id = :id RETURNING {_COLUMNS}"
)
_SUSPEND = text(
    f"UPDATE plugins SET status = 'suspended', suspended_reason = :reason, {_BUMP} WHERE id = :id RETURNING {_COLUMNS}"
)
_RESTORE = text(
    "UPDATE plugins SET suspended_reason = NULL, status = CASE WHEN EXISTS"
    " (SELECT 1 FROM versions WHERE plugin_id = :id) THEN 'published' ELSE 'draft' END,"
    f" {_BUMP} WHERE id = :id RETURNING {_COLUMNS}"
)
_LIST = text(
    f"SELECT {_COLUMNS} FROM plugins WHERE owner_id = ANY(CAST(:owner_ids AS uuid[]))"
    " AND (CAST(:created_at AS timestamptz) IS NULL OR (created_at, id) < (:created_at, :id))"
    " ORDER BY created_at DESC, id DESC LIMIT :limit"
)
_COUNT = text("SELECT count(*) FROM plugins WHERE owner_id = ANY(CAST(:owner_ids AS uuid[]))")


def _plugin(row: Row[Any]) -> Plugin:
    values = dict(row._mapping)  # noqa: SLF001 - the documented way to a row's mapping
    return Plugin(**{**values, "tags": tuple(row.tags)})


async def _changed(connection: AsyncConnection, statement: TextClause, values: Mapping[str, Any]) -> Plugin:
    return _plugin((await connection.execute(statement, values)).one())


async def insert_plugin(connection: AsyncConnection, *, values: Mapping[str, Any]) -> Plugin | None:
    """Take an id; None where it is taken. `values` are the listing's fields, ``id``, and those of the owner."""
    row = (await connection.execute(_INSERT, {**values, "tags": list(values["tags"])})).one_or_none()
    return None if row is None else _plugin(row)


async def find_plugin(connection: AsyncConnection, plugin_id: str) -> Plugin | None:
    """Read a plugin."""
    row = (await connection.execute(_FIND, {"id": plugin_id})).one_or_none()
    return None if row is None else _plugin(row)


async def lock_plugin(connection: AsyncConnection, plugin_id: str) -> Plugin | None:
    """Read a plugin and hold its row until the transaction ends."""
    row = (await connection.execute(_LOCK, {"id": plugin_id})).one_or_none()
    return None if row is None else _plugin(row)


async def change_listing(connection: AsyncConnection, *, plugin_id: str, values: Mapping[str, Any]) -> Plugin:
    """Write the listing's fields and ``author_name``, and draw the next sequence; the row is locked already."""
    return await _changed(connection, _CHANGE_LISTING, {**values, "tags": list(values["tags"]), "id": plugin_id})


async def change_owner(connection: AsyncConnection, *, plugin_id: str, owner: Owner, author_name: str) -> Plugin:
    """Give a plugin to another owner; the row is locked already."""
    values = {"id": plugin_id, "owner_id": owner.id, "owner_kind": owner.kind, "author_name": author_name}
    return await _changed(connection, _CHANGE_OWNER, values)


async def mark_published(connection: AsyncConnection, plugin_id: str) -> Plugin:
    """Note a new version: a draft becomes published, a suspended plugin stays so. The row is locked already."""
    return await _changed(connection, _MARK_PUBLISHED, {"id": plugin_id})


async def suspend_plugin(connection: AsyncConnection, *, plugin_id: str, reason: str) -> Plugin:
    """Take a plugin out of the marketplace; the row is locked already."""
    return await _changed(connection, _SUSPEND, {"id": plugin_id, "reason": reason})


async def restore_plugin(connection: AsyncConnection, plugin_id: str) -> Plugin:
    """Put a plugin back as what its versions make it; the row is locked already."""
    return await _changed(connection, _RESTORE, {"id": plugin_id})


async def list_plugins_of(
    connection: AsyncConnection, *, owner_ids: Sequence[UUID], after: tuple[datetime, str] | None, limit: int
) -> Sequence[Plugin]:
    """List the plugins of owners, newest first, after a position (creation time and id)."""
    created_at, plugin_id = after if after is not None else (None, None)
    rows = await connection.execute(
        _LIST, {"owner_ids": list(owner_ids), "created_at": created_at, "id": plugin_id, "limit": limit}
    )
    return [_plugin(row) for row in rows]


async def count_plugins_of(connection: AsyncConnection, owner_ids: Sequence[UUID]) -> int:
    """Count the plugins of owners."""
    return int((await connection.execute(_COUNT, {"owner_ids": list(owner_ids)})).scalar_one())
