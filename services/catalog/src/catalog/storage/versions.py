"""Reading the published versions of one plugin."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.domain.errors import VersionNotFoundError
from catalog.domain.plugins import PublicVersion
from catalog.domain.version_text import LATEST
from catalog.storage.listed_rows import listed
from catalog.storage.version_rows import VERSION_COLUMNS, version_of

_ONE = text(
    f"SELECT p.status, p.latest_version, {VERSION_COLUMNS}, v.manifest::text AS manifest_json"  # noqa: S608 - constants
    " FROM plugins p LEFT JOIN versions v ON v.plugin_id = p.id"
    f" AND v.version = CASE WHEN :version = '{LATEST}' THEN p.latest_version ELSE :version END"
    " WHERE p.id = :id"
)

_PAGE = text(
    f"SELECT {VERSION_COLUMNS} FROM versions v WHERE v.plugin_id = :id"  # noqa: S608 - constants
    " AND (CAST(:before AS text) IS NULL OR v.version_key < :before)"
    " ORDER BY v.version_key DESC LIMIT :limit"
)

_COUNT = text("SELECT count(*) FROM versions WHERE plugin_id = :id")


async def get_listed_version(connection: AsyncConnection, plugin_id: str, version: str) -> PublicVersion:
    """Give a version with its manifest; `version` may be ``latest``.

    Raises
    ------
    PluginNotFoundError, PluginSuspendedError
        As `catalog.storage.listed_rows.listed`.
    VersionNotFoundError
        The plugin is listed and has no such version.
    """
    row = listed((await connection.execute(_ONE, {"id": plugin_id, "version": version})).one_or_none(), plugin_id)
    if row.version is None:
        raise VersionNotFoundError(f"{plugin_id!r} has no version {version!r}")
    return version_of(row, manifest_json=row.manifest_json)


async def read_versions(
    connection: AsyncConnection, plugin_id: str, *, before: str | None, limit: int
) -> Sequence[PublicVersion]:
    """Give up to `limit` versions by descending precedence, without manifests, below the sort key `before`."""
    found = await connection.execute(_PAGE, {"id": plugin_id, "before": before, "limit": limit})
    return [version_of(row, manifest_json=None) for row in found]


async def count_versions(connection: AsyncConnection, plugin_id: str) -> int:
    """Give the number of a plugin's published versions."""
    return int((await connection.execute(_COUNT, {"id": plugin_id})).scalar_one())
