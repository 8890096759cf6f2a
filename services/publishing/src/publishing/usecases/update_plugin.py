"""A developer changes what the listing says."""

from collections.abc import Mapping
from typing import Any

from chassis.db import Database
from chassis.erasures import hold_account
from chassis.errors import RevisionMismatchError
from chassis.outbox import append_event
from contracts.events.plugins import PluginUpdated
from contracts.identity import IdentityClaims
from publishing.domain.plugins import LISTING_FIELDS, Plugin
from publishing.storage.plugins import change_listing, lock_plugin
from publishing.usecases.ownership import owned, publishing_name


class UpdatePlugin:
    """Changes listings.

    Parameters
    ----------
    database
        Of this service.
    """

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def __call__(
        self, *, caller: IdentityClaims, plugin_id: str, changes: Mapping[str, Any], permitted: frozenset[int] | None
    ) -> Plugin:
        """Apply changes; those that change nothing leave revision and events alone, so a retry is safe.

        Parameters
        ----------
        changes
            Some of `LISTING_FIELDS`.
        permitted
            Revisions that the caller takes it for; None does not compare.

        Raises
        ------
        PluginNotFoundError, NotOwnerError
            See `owned`.
        RevisionMismatchError
            It changed since.
        """
        async with self._database.transaction() as connection:
            await hold_account(connection, caller.sub)
            found = await lock_plugin(connection, plugin_id)
            plugin = owned(found, plugin_id=plugin_id, caller=caller, operation="plugin.update")
            if permitted is not None and plugin.revision not in permitted:
                raise RevisionMismatchError(f"the plugin is at revision {plugin.revision}")
            present = {field: getattr(plugin, field) for field in (*LISTING_FIELDS, "author_name")}
            author_name = await publishing_name(connection, plugin.owner, caller) or plugin.author_name
            wanted = {**present, **changes, "author_name": author_name}
            wanted["tags"] = tuple(wanted["tags"])
            if wanted == present:
                return plugin
            changed = await change_listing(connection, plugin_id=plugin_id, values=wanted)
            await append_event(
                connection, data=PluginUpdated(plugin=changed.state()), key=changed.id, sequence=changed.sequence
            )
        return changed
