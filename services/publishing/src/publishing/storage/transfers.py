"""Rows of `transfers`: one waits for each plugin at most; those that ended are the history of its owners."""

# ruff: noqa: S608 - statements are put together from constants of this module only

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from publishing.domain.owners import TRANSFER_DAYS, Owner, Transfer
from publishing.domain.plugins import Plugin

_COLUMNS = "id, plugin_id, from_kind, from_id, from_name, to_kind, to_id, offered_by, created_at, expires_at"
_INSERT = text(
    "INSERT INTO transfers (id, plugin_id, from_kind, from_id, from_name, to_kind, to_id, offered_by, expires_at)"
    " VALUES (:id, :plugin_id, :from_kind, :from_id, :from_name, :to_kind, :to_id, :offered_by,"
    f" now() + make_interval(days => :days)) RETURNING {_COLUMNS}"
)
_WAITING = f"SELECT {_COLUMNS} FROM transfers WHERE outcome IS NULL AND expires_at > now()"
_FIND = text(f"{_WAITING} AND id = :id")
_FIND_OF = text(f"{_WAITING} AND plugin_id = :plugin_id")
_LIST = text(f"{_WAITING} AND to_id = ANY(CAST(:owner_ids AS uuid[])) ORDER BY created_at, id")
_END = text(
    "UPDATE transfers SET outcome = :outcome, ended_at = now(), ended_by = :ended_by"
    " WHERE id = :id AND outcome IS NULL AND expires_at > now() RETURNING id"
)
_END_OF = text(
    "UPDATE transfers SET outcome = 'withdrawn', ended_at = now(), ended_by = :ended_by"
    " WHERE plugin_id = :plugin_id AND outcome IS NULL RETURNING id"
)


async def insert_transfer(
    connection: AsyncConnection, plugin: Plugin, *, transfer_id: UUID, receiver: Owner, offered_by: UUID
) -> Transfer:
    """Offer a plugin; the plugin's row is locked and no other transfer of it waits."""
    values = {
        "id": transfer_id,
        "plugin_id": plugin.id,
        "from_kind": plugin.owner_kind,
        "from_id": plugin.owner_id,
        "from_name": plugin.author_name,
        "to_kind": receiver.kind,
        "to_id": receiver.id,
        "offered_by": offered_by,
        "days": TRANSFER_DAYS,
    }
    return _transfer((await connection.execute(_INSERT, values)).one())


async def find_transfer(connection: AsyncConnection, transfer_id: UUID) -> Transfer | None:
    """Read a transfer that waits."""
    row = (await connection.execute(_FIND, {"id": transfer_id})).one_or_none()
    return None if row is None else _transfer(row)


async def find_transfer_of(connection: AsyncConnection, plugin_id: str) -> Transfer | None:
    """Read the transfer that waits for a plugin."""
    row = (await connection.execute(_FIND_OF, {"plugin_id": plugin_id})).one_or_none()
    return None if row is None else _transfer(row)


async def list_transfers_to(connection: AsyncConnection, owner_ids: Sequence[UUID]) -> Sequence[Transfer]:
    """List what waits for these owners, oldest first."""
    return [_transfer(row) for row in await connection.execute(_LIST, {"owner_ids": list(owner_ids)})]


async def end_transfer(
    connection: AsyncConnection, transfer_id: UUID, *, outcome: Literal["accepted", "declined"], ended_by: UUID
) -> bool:
    """End a transfer; False where it was ended before, or is expired. The plugin's row is locked already."""
    values = {"id": transfer_id, "outcome": outcome, "ended_by": ended_by}
    return (await connection.execute(_END, values)).one_or_none() is not None


async def withdraw_transfer_of(connection: AsyncConnection, plugin_id: str, *, ended_by: UUID) -> bool:
    """Take an offer back, expired or not; False where there is none. The plugin's row is locked already."""
    values = {"plugin_id": plugin_id, "ended_by": ended_by}
    return (await connection.execute(_END_OF, values)).one_or_none() is not None


def _transfer(row: Row[Any]) -> Transfer:
    return Transfer(
        id=row.id,
        plugin_id=row.plugin_id,
        giver=Owner(row.from_kind, row.from_id),
        giver_name=row.from_name,
        receiver=Owner(row.to_kind, row.to_id),
        offered_by=row.offered_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )
