"""An administrator takes a plugin out of the marketplace, or puts it back."""

import structlog

from chassis.db import Database
from chassis.outbox import append_event
from contracts.events.plugins import PluginRestored, PluginSuspended
from contracts.identity import IdentityClaims
from publishing.domain.errors import PluginNotFoundError
from publishing.domain.plugins import Plugin
from publishing.storage.plugins import lock_plugin, restore_plugin, suspend_plugin

_log = structlog.get_logger()


class SuspendPlugin:
    """Suspends plugins.

    Parameters
    ----------
    database
        Of this service.
    """

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def __call__(self, *, administrator: IdentityClaims, plugin_id: str, reason: str) -> Plugin:
        """Suspend; one that is suspended already stays as it is, so a retry is safe.

        Raises
        ------
        PluginNotFoundError
            There is none.
        """
        async with self._database.transaction() as connection:
            plugin = await lock_plugin(connection, plugin_id)
            if plugin is None:
                raise PluginNotFoundError(f"no plugin has the id {plugin_id!r}")
            if plugin.status == "suspended":
                return plugin
            changed = await suspend_plugin(connection, plugin_id=plugin_id, reason=reason)
            event = PluginSuspended(plugin=changed.state(), reason=reason)
            await append_event(connection, data=event, key=changed.id, sequence=changed.sequence)
        _log.info("plugin_suspended", plugin_id=plugin_id, administrator_id=str(administrator.sub))
        return changed


class RestorePlugin:
    """Restores suspended plugins.

    Parameters
    ----------
    database
        Of this service.
    """

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def __call__(self, *, administrator: IdentityClaims, plugin_id: str) -> Plugin:
        """Restore; one that is not suspended stays as it is, so a retry is safe.

        Raises
        ------
        PluginNotFoundError
            There is none.
        """
        async with self._database.transaction() as connection:
            plugin = await lock_plugin(connection, plugin_id)
            if plugin is None:
                raise PluginNotFoundError(f"no plugin has the id {plugin_id!r}")
            if plugin.status != "suspended":
                return plugin
            changed = await restore_plugin(connection, plugin_id)
            event = PluginRestored(plugin=changed.state())
            await append_event(connection, data=event, key=changed.id, sequence=changed.sequence)
        _log.info("plugin_restored", plugin_id=plugin_id, administrator_id=str(administrator.sub))
        return changed
