"""Reading and writing the installs of one owner."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.telemetry import current_traceparent
from contracts.events.installs import InstallCreated, InstallRemoved, InstallUpdated
from installs.domain.installs import MAX_INSTALLS, Install, InstallRequest, InstallState, Owner
from installs.storage.statements import SELECT_INSTALLS, guarded_writes, to_install

_LIST = text(SELECT_INSTALLS + " WHERE i.owner_id = :owner_id AND i.removed_at IS NULL ORDER BY i.plugin_id")
_FIND = text(SELECT_INSTALLS + " WHERE i.owner_id = :owner_id AND i.plugin_id = :plugin_id AND i.removed_at IS NULL")
_EXPORT = text(
    "SELECT plugin_id, to_jsonb(i) - 'owner_id' - 'owner_kind' AS item FROM installs i WHERE owner_id = :owner_id"
    " AND plugin_id > :after ORDER BY plugin_id LIMIT :limit"
)
_COUNT = text("SELECT count(*) FROM installs WHERE owner_id = :owner_id AND removed_at IS NULL")

_ADD = guarded_writes(
    event=InstallCreated,
    # The limit guards against abuse: installs that are under way at the same time may exceed it by their number.
    target=(
        "SELECT p.plugin_id, v.version, v.default_settings FROM known_plugins p JOIN known_versions v"
        " ON v.plugin_id = p.plugin_id AND v.version = coalesce(CAST(:version AS text), p.latest_version)"
        " WHERE p.plugin_id = :plugin_id AND p.status = 'published' AND NOT EXISTS (SELECT FROM installs"
        " WHERE owner_id = :owner_id AND removed_at IS NULL OFFSET :other_installs)"
    ),
    written=(
        "INSERT INTO installs AS i (owner_id, plugin_id, owner_kind, version, enabled, settings)"
        " SELECT owner.owner_id, target.plugin_id, :owner_kind, target.version, :enabled,"
        " coalesce(CAST(:settings AS jsonb), target.default_settings) FROM target CROSS JOIN owner"
        " ON CONFLICT (owner_id, plugin_id) DO UPDATE SET version = EXCLUDED.version, enabled = EXCLUDED.enabled,"
        " settings = EXCLUDED.settings, revision = i.revision + 1, installed_at = clock_timestamp(),"
        " updated_at = clock_timestamp(), removed_at = NULL WHERE i.removed_at IS NOT NULL RETURNING i.*"
    ),
)
_PRESENT = "SELECT FROM installs WHERE owner_id = :owner_id AND plugin_id = :plugin_id AND removed_at IS NULL"
_UPDATE = guarded_writes(
    event=InstallUpdated,
    target=_PRESENT,
    written=(
        "UPDATE installs i SET version = :version, enabled = :enabled, settings = CAST(:settings AS jsonb),"
        " revision = i.revision + 1, updated_at = clock_timestamp() FROM owner WHERE i.owner_id = owner.owner_id"
        " AND i.plugin_id = :plugin_id AND i.removed_at IS NULL AND i.revision = :revision RETURNING i.*"
    ),
)
_REMOVE = guarded_writes(
    event=InstallRemoved,
    target=_PRESENT,
    # Settings may be private: they go with the install.
    written=(
        "UPDATE installs i SET settings = '{}', revision = i.revision + 1, updated_at = clock_timestamp(),"
        " removed_at = clock_timestamp() FROM owner WHERE i.owner_id = owner.owner_id AND i.plugin_id = :plugin_id"
        " AND i.removed_at IS NULL AND (CAST(:revisions AS bigint[]) IS NULL OR i.revision = ANY(:revisions))"
        " RETURNING i.*"
    ),
)


async def list_installs(connection: AsyncConnection, owner: Owner) -> list[Install]:
    """List an owner's installs by plugin id; may be empty, is never longer than about `MAX_INSTALLS`."""
    rows = await connection.execute(_LIST, {"owner_id": owner.id})
    return [to_install(row) for row in rows]


async def find_install(connection: AsyncConnection, owner: Owner, plugin_id: str) -> Install | None:
    """Find one install; None where the owner does not have the plugin."""
    row = (await connection.execute(_FIND, {"owner_id": owner.id, "plugin_id": plugin_id})).one_or_none()
    return to_install(row) if row is not None else None


async def export_installs(
    connection: AsyncConnection, owner: Owner, *, after: str, limit: int
) -> Sequence[dict[str, Any]]:
    """Read all that is kept of an owner's installs, removed ones too, by plugin id, above `after`."""
    rows = await connection.execute(_EXPORT, {"owner_id": owner.id, "after": after, "limit": limit})
    return [{"kind": "install", **row.item} for row in rows]


async def count_installs(connection: AsyncConnection, owner: Owner) -> int:
    """Count what an owner has."""
    count: int = (await connection.execute(_COUNT, {"owner_id": owner.id})).scalar_one()
    return count


async def add_install(connection: AsyncConnection, owner: Owner, request: InstallRequest) -> Install | None:
    """Install a published plugin; one statement.

    Parameters
    ----------
    request
        Its settings must have been checked against the schema of its version.

    Returns
    -------
    Install or None
        None where nothing was written: it is installed already, or something forbids it. The caller asks why.
    """
    values = {
        "owner_id": owner.id,
        "owner_kind": owner.kind,
        "plugin_id": request.plugin_id,
        "version": request.version,
        "settings": None if request.settings is None else json.dumps(request.settings),
        "enabled": request.enabled is not False,
        "other_installs": MAX_INSTALLS - 1,
        "traceparent": current_traceparent(),
    }
    row = (await connection.execute(_ADD[owner.kind], values)).one_or_none()
    return to_install(row) if row is not None else None


async def update_install(
    connection: AsyncConnection, owner: Owner, *, plugin_id: str, revision: int, state: InstallState
) -> Install | None:
    """Put an install that is at `revision` into a state; one statement.

    Returns
    -------
    Install or None
        None where nothing was written: it changed meanwhile, is gone, or the owner was claimed.
    """
    values = {
        "owner_id": owner.id,
        "plugin_id": plugin_id,
        "revision": revision,
        "version": state.version,
        "enabled": state.enabled,
        "settings": json.dumps(state.settings),
        "traceparent": current_traceparent(),
    }
    row = (await connection.execute(_UPDATE[owner.kind], values)).one_or_none()
    return to_install(row) if row is not None else None


async def remove_install(
    connection: AsyncConnection, owner: Owner, *, plugin_id: str, revisions: frozenset[int] | None
) -> bool:
    """Uninstall, if the install is at one of `revisions` (None for any); one statement. Says whether it did."""
    values = {
        "owner_id": owner.id,
        "plugin_id": plugin_id,
        "revisions": None if revisions is None else list(revisions),
        "traceparent": current_traceparent(),
    }
    return (await connection.execute(_REMOVE[owner.kind], values)).one_or_none() is not None
