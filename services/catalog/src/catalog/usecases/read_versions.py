"""Read the published versions of a plugin."""

from catalog.domain.plugins import PublicVersion, VersionPage
from catalog.domain.version_text import check_version_text
from catalog.storage.plugin_reads import check_plugin_listed
from catalog.storage.versions import count_versions, get_listed_version, read_versions
from chassis.db import Database


class ReadVersion:
    """Reads one version."""

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def read(self, plugin_id: str, version: str) -> PublicVersion:
        """Give a version with its manifest; `version` may be ``latest``.

        Raises
        ------
        VersionInvalidError
            It is no semantic version.
        PluginNotFoundError, PluginSuspendedError, VersionNotFoundError
            Nobody may see it.
        """
        check_version_text(version)
        async with self._database.read() as connection:
            return await get_listed_version(connection, plugin_id, version)


class ListVersions:
    """Lists versions, newest first by precedence."""

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def list(self, plugin_id: str, *, before: str | None, limit: int) -> VersionPage:
        """Give up to `limit` versions.

        Parameters
        ----------
        before
            Sort key (`contracts.versions.sort_key`) of the last version of the page before; None for the first page.

        Raises
        ------
        PluginNotFoundError, PluginSuspendedError
            Nobody may see the plugin.
        """
        async with self._database.read() as connection:
            await check_plugin_listed(connection, plugin_id)
            found = await read_versions(connection, plugin_id, before=before, limit=limit + 1)
            total = await count_versions(connection, plugin_id)
        return VersionPage(versions=found[:limit], total=total, has_more=len(found) > limit)
