"""Writing the read model: a plugin's state and versions as publishing stated them."""

import json
from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.domain.plugin_change import PluginChange
from contracts.events.plugins import PluginState, VersionState
from contracts.versions import is_prerelease, sort_key

_LOCK = text("SELECT source_sequence FROM plugins WHERE id = :id FOR NO KEY UPDATE")

_CREATE = text(
    "INSERT INTO plugins (id, name, description, author_id, author_name, category, status, updated_at, source_sequence)"
    " VALUES (:id, :name, :description, :author_id, :author_name, :category, 'draft', :updated_at, 0)"
    " ON CONFLICT (id) DO NOTHING"
)

_SAVE = text(
    "UPDATE plugins SET name = :name, description = :description, author_id = :author_id, author_name = :author_name,"
    " category = :category, tags = :tags, icon_url = :icon_url, homepage = :homepage, repository = :repository,"
    " license = :license, status = :status, updated_at = :updated_at, source_sequence = :sequence"
    " WHERE id = :id"
)

_ADD_VERSION = text(
    "INSERT INTO versions (plugin_id, version, version_key, prerelease, manifest, changelog, minimum_platform_version,"
    " size_bytes, sha256, object_key, source_map_size_bytes, source_map_sha256, source_map_object_key, published_at)"
    " VALUES (:plugin_id, :version, :version_key, :prerelease, CAST(:manifest AS jsonb), :changelog,"
    " :minimum_platform_version, :size_bytes, :sha256, :object_key, :source_map_size_bytes, :source_map_sha256,"
    " :source_map_object_key, :published_at)"
    " ON CONFLICT DO NOTHING"
)

_MEND_VERSION = text(
    "UPDATE versions SET version_key = :version_key, prerelease = :prerelease, manifest = CAST(:manifest AS jsonb),"
    " changelog = :changelog, minimum_platform_version = :minimum_platform_version, size_bytes = :size_bytes,"
    " sha256 = :sha256, object_key = :object_key, source_map_size_bytes = :source_map_size_bytes,"
    " source_map_sha256 = :source_map_sha256, source_map_object_key = :source_map_object_key,"
    " published_at = :published_at WHERE plugin_id = :plugin_id AND version = :version"
)

_POINT_TO_LATEST = text(
    "UPDATE plugins SET"
    " latest_version ="
    "  (SELECT version FROM versions WHERE plugin_id = :id ORDER BY prerelease, version_key DESC LIMIT 1),"
    " published_at = (SELECT min(published_at) FROM versions WHERE plugin_id = :id)"
    " WHERE id = :id"
)


async def apply_changes(
    connection: AsyncConnection, changes: Sequence[PluginChange], *, is_rebuild: bool = False
) -> bool:
    """Lock a plugin's row until the transaction ends and apply changes to it.

    Parameters
    ----------
    changes
        Of one plugin, in order of their sequences, at least one.
    is_rebuild
        Write also what the rows should hold already: the state of the row's own sequence, and known versions.

    Returns
    -------
    bool
        Whether they brought anything new.
    """
    newest = changes[-1]
    known = await _lock(connection, newest.state)
    has_newer_state = newest.sequence > known or (is_rebuild and newest.sequence == known)
    if has_newer_state:
        await _save(connection, newest.state, sequence=newest.sequence)
    has_new_version = False
    for change in changes:
        if change.version is not None:
            values = _version_values(newest.state.plugin_id, change.version)
            is_new = (await connection.execute(_ADD_VERSION, values)).rowcount == 1  # else it is there and final
            if is_rebuild and not is_new:
                await connection.execute(_MEND_VERSION, values)
            has_new_version |= is_new or is_rebuild
    if has_new_version:
        await connection.execute(_POINT_TO_LATEST, {"id": newest.state.plugin_id})
    return has_newer_state or has_new_version


async def _lock(connection: AsyncConnection, state: PluginState) -> int:
    """Lock the row, making a draft's where there is none; returns the sequence whose state it has, 0 for a new one."""
    found = (await connection.execute(_LOCK, {"id": state.plugin_id})).scalar_one_or_none()
    if found is None:
        await connection.execute(
            _CREATE,
            {
                "id": state.plugin_id,
                "name": state.name,
                "description": state.description,
                "author_id": state.author.id,
                "author_name": state.author.name,
                "category": state.category,
                "updated_at": state.updated_at,
            },
        )
        found = (await connection.execute(_LOCK, {"id": state.plugin_id})).scalar_one()
    return int(found)


async def _save(connection: AsyncConnection, state: PluginState, *, sequence: int) -> None:
    values = state.model_dump(exclude={"plugin_id", "author", "created_at", "tags"})
    await connection.execute(
        _SAVE,
        {
            **values,
            "id": state.plugin_id,
            "tags": list(state.tags),
            "author_id": state.author.id,
            "author_name": state.author.name,
            "sequence": sequence,
        },
    )


def _version_values(plugin_id: str, version: VersionState) -> dict[str, object]:
    source_map = version.source_map
    return {
        "plugin_id": plugin_id,
        "version": version.version,
        "version_key": sort_key(version.version),
        "prerelease": is_prerelease(version.version),
        "manifest": json.dumps(version.manifest),
        "changelog": version.changelog,
        "minimum_platform_version": version.minimum_platform_version,
        "size_bytes": version.bundle.size_bytes,
        "sha256": version.bundle.sha256,
        "object_key": version.bundle.object_key,
        "source_map_size_bytes": source_map.size_bytes if source_map else None,
        "source_map_sha256": source_map.sha256 if source_map else None,
        "source_map_object_key": source_map.object_key if source_map else None,
        "published_at": version.published_at,
    }
