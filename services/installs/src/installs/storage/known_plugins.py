"""The copy of published plugins and versions."""

import json
from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from installs.domain.errors import VersionNotFoundError
from installs.domain.plugins import KnownPlugin, KnownVersion, PluginNews, VersionFacts

_FIND_PLUGIN = text("SELECT plugin_id, status, latest_version FROM known_plugins WHERE plugin_id = :plugin_id")
_FIND_VERSION = text(
    "SELECT v.plugin_id, v.version, v.settings_schema, v.default_settings FROM known_plugins p JOIN known_versions v"
    " ON v.plugin_id = p.plugin_id AND v.version = coalesce(CAST(:version AS text), p.latest_version)"
    " WHERE p.plugin_id = :plugin_id"
)
_PUT_PLUGIN = text(
    "INSERT INTO known_plugins AS p (plugin_id, name, icon_url, status, sequence)"
    " VALUES (:plugin_id, :name, :icon_url, :status, :sequence)"
    " ON CONFLICT (plugin_id) DO UPDATE SET name = EXCLUDED.name, icon_url = EXCLUDED.icon_url,"
    " status = EXCLUDED.status, sequence = EXCLUDED.sequence WHERE p.sequence < EXCLUDED.sequence"
    " OR (CAST(:is_rebuild AS boolean) AND p.sequence = EXCLUDED.sequence)"
)
_PUT_VERSION = text(
    "INSERT INTO known_versions (plugin_id, version, sort_key, is_prerelease, settings_schema, default_settings,"
    " minimum_platform_version, sha256, published_at) VALUES (:plugin_id, :version, :sort_key, :is_prerelease,"
    " CAST(:settings_schema AS jsonb), CAST(:default_settings AS jsonb), :minimum_platform_version, :sha256,"
    " :published_at) ON CONFLICT DO NOTHING"
)
_MEND_VERSION = text(
    "UPDATE known_versions SET sort_key = :sort_key, is_prerelease = :is_prerelease,"
    " settings_schema = CAST(:settings_schema AS jsonb), default_settings = CAST(:default_settings AS jsonb),"
    " minimum_platform_version = :minimum_platform_version, sha256 = :sha256, published_at = :published_at"
    " WHERE plugin_id = :plugin_id AND version = :version"
)
_POINT_TO_LATEST = text(
    "UPDATE known_plugins p SET latest_version = latest.version, latest_sort_key = latest.sort_key"
    " FROM (SELECT DISTINCT ON (plugin_id) plugin_id, version, sort_key FROM known_versions"
    " WHERE plugin_id = ANY(:plugin_ids) ORDER BY plugin_id, is_prerelease, sort_key DESC) latest"
    " WHERE p.plugin_id = latest.plugin_id"
    " AND (p.latest_version, p.latest_sort_key) IS DISTINCT FROM (latest.version, latest.sort_key)"
)


async def find_plugin(connection: AsyncConnection, plugin_id: str) -> KnownPlugin | None:
    """Find a plugin by its id."""
    row = (await connection.execute(_FIND_PLUGIN, {"plugin_id": plugin_id})).one_or_none()
    return KnownPlugin(plugin_id=row.plugin_id, status=row.status, latest_version=row.latest_version) if row else None


async def find_version(connection: AsyncConnection, plugin_id: str, version: str | None) -> KnownVersion | None:
    """Find a published version; the latest where `version` is None."""
    row = (await connection.execute(_FIND_VERSION, {"plugin_id": plugin_id, "version": version})).one_or_none()
    if row is None:
        return None
    return KnownVersion(
        plugin_id=row.plugin_id,
        version=row.version,
        settings_schema=row.settings_schema,
        default_settings=row.default_settings,
    )


async def get_version(connection: AsyncConnection, plugin_id: str, version: str | None) -> KnownVersion:
    """Get a published version, as `find_version`.

    Raises
    ------
    VersionNotFoundError
        It was not published, or its publication has not arrived yet.
    """
    found = await find_version(connection, plugin_id, version)
    if found is None:
        raise VersionNotFoundError(f"{plugin_id!r} has no published version {version or ''!r}")
    return found


async def put_plugins(connection: AsyncConnection, news: Sequence[PluginNews], *, is_rebuild: bool = False) -> None:
    """Keep each plugin's newest state; an older one than is known changes nothing.

    Parameters
    ----------
    news
        At most one for each plugin.
    is_rebuild
        Write also the state that the row should hold already.
    """
    await connection.execute(
        _PUT_PLUGIN,
        [
            {
                "plugin_id": item.plugin.plugin_id,
                "name": item.plugin.name,
                "icon_url": item.plugin.icon_url,
                "status": item.plugin.status,
                "sequence": item.sequence,
                "is_rebuild": is_rebuild,
            }
            # In one order, so that two writers cannot wait for each other.
            for item in sorted(news, key=lambda item: item.plugin.plugin_id)
        ],
    )


async def add_versions(
    connection: AsyncConnection, versions: Sequence[VersionFacts], *, is_rebuild: bool = False
) -> None:
    """Keep published versions of known plugins and point each plugin to its latest.

    Known ones stay as they are, unless it `is_rebuild`: then they are written anew.
    """
    rows = [
        {
            "plugin_id": facts.plugin_id,
            "version": facts.version,
            "sort_key": facts.sort_key,
            "is_prerelease": facts.is_prerelease,
            "settings_schema": None if facts.settings_schema is None else json.dumps(facts.settings_schema),
            "default_settings": json.dumps(facts.default_settings),
            "minimum_platform_version": facts.minimum_platform_version,
            "sha256": facts.sha256,
            "published_at": facts.published_at,
        }
        for facts in versions
    ]
    await connection.execute(_PUT_VERSION, rows)
    if is_rebuild:
        await connection.execute(_MEND_VERSION, rows)
    await connection.execute(_POINT_TO_LATEST, {"plugin_ids": sorted({facts.plugin_id for facts in versions})})
