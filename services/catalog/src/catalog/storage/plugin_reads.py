"""Reading one plugin as everybody may see it: one statement a request."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.domain.plugins import PublicPlugin
from catalog.storage.listed_rows import listed
from catalog.storage.version_rows import VERSION_COLUMNS, version_of

_DETAIL = text(
    "SELECT p.id, p.name, p.description, p.author_id, p.author_name, p.category, p.tags, p.icon_url, p.homepage,"  # noqa: S608 - constants
    " p.repository, p.license, p.status, p.latest_version, p.install_count, p.rating_sum, p.rating_count,"
    " p.published_at AS first_published_at, p.updated_at,"
    f" {VERSION_COLUMNS}, v.manifest::text AS manifest_json"
    " FROM plugins p LEFT JOIN versions v ON v.plugin_id = p.id AND v.version = p.latest_version"
    " WHERE p.id = :id"
)

_STATUS = text("SELECT status, latest_version FROM plugins WHERE id = :id")


async def get_listed_plugin(connection: AsyncConnection, plugin_id: str) -> PublicPlugin:
    """Give a plugin with its latest version.

    Raises
    ------
    PluginNotFoundError, PluginSuspendedError
        As `catalog.storage.listed_rows.listed`.
    """
    row = listed((await connection.execute(_DETAIL, {"id": plugin_id})).one_or_none(), plugin_id)
    return PublicPlugin(
        id=row.id,
        name=row.name,
        description=row.description,
        author_id=row.author_id,
        author_name=row.author_name,
        category=row.category,
        tags=tuple(row.tags),
        icon_url=row.icon_url,
        homepage=row.homepage,
        repository=row.repository,
        license=row.license,
        status=row.status,
        install_count=row.install_count,
        rating_sum=row.rating_sum,
        rating_count=row.rating_count,
        published_at=row.first_published_at,
        updated_at=row.updated_at,
        latest=version_of(row, manifest_json=row.manifest_json),
    )


async def check_plugin_listed(connection: AsyncConnection, plugin_id: str) -> None:
    """Let a listed plugin pass.

    Raises
    ------
    PluginNotFoundError, PluginSuspendedError
        As `catalog.storage.listed_rows.listed`.
    """
    listed((await connection.execute(_STATUS, {"id": plugin_id})).one_or_none(), plugin_id)
