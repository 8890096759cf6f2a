"""Plugins follow what becomes of the organisation that owns them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from chassis.db import Database
from chassis.erasures import is_erased
from chassis.outbox import append_event
from contracts.events.plugins import PluginUpdated
from publishing.domain.owners import Owner
from publishing.domain.plugins import Plugin
from publishing.storage.connection import Connection
from publishing.storage.organisations import end_offers_to, find_known, list_plugin_ids, note_organisation
from publishing.storage.plugins import change_owner, lock_plugin
from publishing.storage.transfers import withdraw_transfer_of
from publishing.usecases.erase_account import EraseAccount

BATCH_PLUGINS = 100

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Heir:
    """The account that gets what an organisation owned, under its public name."""

    id: UUID
    name: str


class FollowOrganisations:
    """Renames plugins with their organisation, and hands them over when it ends; a plugin in a transaction.

    An event that is older than one that came does nothing. A repeat does nothing either, or ends what was broken off.

    Parameters
    ----------
    database
        Of this service.
    erase
        Erases what goes to an account that is no more itself.
    """

    def __init__(self, *, database: Database, erase: EraseAccount) -> None:
        self._database = database
        self._erase = erase

    async def rename(self, organisation_id: UUID, *, name: str, sequence: int) -> None:
        """Put every plugin of the organisation under its new name."""
        if await self._note(organisation_id, sequence=sequence, name=name, deleted_at=None):
            await self._change_plugins(organisation_id, sequence=sequence, name=name, heir=None)

    async def end(self, organisation_id: UUID, *, heir: Heir, deleted_at: datetime, sequence: int) -> None:
        """Give every plugin of the organisation to its heir; transfers from it or to it that wait end."""
        if not await self._note(organisation_id, sequence=sequence, name=None, deleted_at=deleted_at):
            return
        async with self._database.transaction() as connection:
            await end_offers_to(connection, organisation_id, ended_by=heir.id)
        await self._change_plugins(organisation_id, sequence=sequence, name=heir.name, heir=heir.id)
        async with self._database.read() as connection:
            is_gone = await is_erased(connection, heir.id)
        # Topics have no order among each other: the heir's own end may have come first, and seen none of these plugins.
        if is_gone:
            await self._erase.erase(heir.id, deleted_at=deleted_at)

    async def _note(
        self, organisation_id: UUID, *, sequence: int, name: str | None, deleted_at: datetime | None
    ) -> bool:
        async with self._database.transaction() as connection:
            return await note_organisation(
                connection, organisation_id, sequence=sequence, name=name, deleted_at=deleted_at
            )

    async def _change_plugins(self, organisation_id: UUID, *, sequence: int, name: str, heir: UUID | None) -> None:
        after, changed = "", 0
        while plugin_ids := await self._plugins_of(organisation_id, after):
            for plugin_id in plugin_ids:
                async with self._database.transaction() as connection:
                    plugin = await lock_plugin(connection, plugin_id)
                    known = await find_known(connection, organisation_id)
                    if known is None or known.sequence != sequence:
                        return  # whoever noted the newer event sees to the rest
                    # It may have been transferred since it was listed.
                    if plugin is not None and plugin.owner == Owner("organisation", organisation_id):
                        changed += await _change(connection, plugin, name=name, heir=heir)
            after = plugin_ids[-1]
        _log.info("organisation_followed", organisation_id=str(organisation_id), heir=str(heir), plugins=changed)

    async def _plugins_of(self, organisation_id: UUID, after: str) -> list[str]:
        async with self._database.read() as connection:
            return list(await list_plugin_ids(connection, organisation_id, after=after, limit=BATCH_PLUGINS))


async def _change(connection: Connection, plugin: Plugin, *, name: str, heir: UUID | None) -> bool:
    owner = plugin.owner
    if heir is not None:
        owner = Owner("account", heir)
        await withdraw_transfer_of(connection, plugin.id, ended_by=heir)
        if await is_erased(connection, heir):
            name = plugin.author_name  # the heir's is not to be seen again
    if (plugin.owner, plugin.author_name) == (owner, name):
        return False
    changed = await change_owner(connection, plugin_id=plugin.id, owner=owner, author_name=name)
    event = PluginUpdated(plugin=changed.state())
    await append_event(connection, data=event, key=changed.id, sequence=changed.sequence)
    return True
