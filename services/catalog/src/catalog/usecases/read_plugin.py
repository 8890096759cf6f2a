"""Read one plugin."""

from catalog.domain.plugins import PublicPlugin
from catalog.storage.plugin_reads import get_listed_plugin
from chassis.db import Database


class ReadPlugin:
    """Reads a listed plugin with its latest version."""

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def read(self, plugin_id: str) -> PublicPlugin:
        """Give the plugin.

        Raises
        ------
        PluginNotFoundError, PluginSuspendedError
            Nobody may see it.
        """
        async with self._database.read() as connection:
            return await get_listed_plugin(connection, plugin_id)
