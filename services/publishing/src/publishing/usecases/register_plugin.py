"""A developer takes an id for a new plugin."""

from collections.abc import Mapping
from typing import Any

from chassis.authorisation import may_touch
from chassis.db import Database
from chassis.outbox import append_event
from contracts.events.plugins import PluginRegistered
from contracts.identity import IdentityClaims
from publishing.domain.errors import PluginIdTakenError
from publishing.domain.plugins import Plugin
from publishing.storage.plugins import insert_plugin


class RegisterPlugin:
    """Registers plugins.

    Parameters
    ----------
    database
        Of this service.
    """

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def __call__(self, *, owner: IdentityClaims, plugin_id: str, listing: Mapping[str, Any]) -> Plugin:
        """Register a draft. A retry after a lost answer is refused as taken and has changed nothing.

        Parameters
        ----------
        owner
            A developer.
        plugin_id
            The slug.
        listing
            Every one of `LISTING_FIELDS`.

        Raises
        ------
        PluginIdTakenError
            Somebody has it.
        TokenLimitedError
            The API token is not for this id.
        """
        may_touch("plugin.register", owner, plugin_id=plugin_id)
        values = {**listing, "id": plugin_id, "owner_id": owner.sub, "author_name": owner.name}
        async with self._database.transaction() as connection:
            plugin = await insert_plugin(connection, values=values)
            if plugin is None:
                raise PluginIdTakenError(f"there is a plugin {plugin_id!r} already")
            await append_event(
                connection, data=PluginRegistered(plugin=plugin.state()), key=plugin.id, sequence=plugin.sequence
            )
        return plugin
