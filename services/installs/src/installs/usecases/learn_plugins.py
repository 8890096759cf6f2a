"""Keeping the copy of published plugins and versions."""

from collections.abc import Sequence

from chassis.db import Database
from installs.domain.plugins import PluginNews, version_facts
from installs.storage.known_plugins import add_versions, put_plugins


class LearnPlugins:
    """Takes over what publishing says.

    Parameters
    ----------
    database
        Of this service.
    is_rebuild
        Take also the state and the versions that the rows claim to have already, because they may have been damaged.
    """

    def __init__(self, *, database: Database, is_rebuild: bool = False) -> None:
        self._database = database
        self._is_rebuild = is_rebuild

    async def run(self, news: Sequence[PluginNews]) -> None:
        """Take over a batch, all or nothing; a repeat, or an older state after a newer one, changes nothing."""
        if not news:
            return
        newest: dict[str, PluginNews] = {}
        for item in news:
            known = newest.get(item.plugin.plugin_id)
            if known is None or known.sequence < item.sequence:
                newest[item.plugin.plugin_id] = item
        # Versions never change, so each counts whatever its place in the order.
        versions = [version_facts(item.plugin.plugin_id, item.version) for item in news if item.version is not None]
        async with self._database.transaction() as connection:
            await put_plugins(connection, list(newest.values()), is_rebuild=self._is_rebuild)
            if versions:
                await add_versions(connection, versions, is_rebuild=self._is_rebuild)
