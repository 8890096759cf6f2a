"""A developer takes an id for a new plugin."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from chassis.db import Database
from chassis.erasures import hold_account
from chassis.outbox import append_event
from chassis.rights import may_touch
from contracts.events.plugins import PluginRegistered
from contracts.identity import IdentityClaims
from publishing.domain.errors import NotMemberError, PluginIdTakenError
from publishing.domain.owners import Owner
from publishing.domain.plugins import Plugin
from publishing.storage.plugins import insert_plugin
from publishing.usecases.ownership import publishing_name


class RegisterPlugin:
    """Registers plugins.

    Parameters
    ----------
    database
        Of this service.
    """

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def __call__(
        self, *, developer: IdentityClaims, plugin_id: str, listing: Mapping[str, Any], organisation_id: UUID | None
    ) -> Plugin:
        """Register a draft. A retry after a lost answer is refused as taken and has changed nothing.

        Parameters
        ----------
        organisation_id
            Whose plugin it is to be; None for the developer's own.
        plugin_id
            The slug.
        listing
            Every one of `LISTING_FIELDS`.

        Raises
        ------
        PluginIdTakenError
            Somebody has it.
        NotMemberError
            The developer may not act for the organisation.
        TokenLimitedError
            The API token is not for this id.
        """
        may_touch("plugin.register", developer, plugin_id=plugin_id)
        owner = Owner("account", developer.sub) if organisation_id is None else Owner("organisation", organisation_id)
        may = may_touch("plugin.update", developer, account=owner.account, organisation=owner.organisation)
        async with self._database.transaction() as connection:
            await hold_account(connection, developer.sub)
            author_name = await publishing_name(connection, owner, developer)
            if author_name is None or not may:
                raise NotMemberError(f"you are neither owner nor maintainer of the organisation {organisation_id}")
            values = {
                **listing, "id": plugin_id, "owner_id": owner.id, "owner_kind": owner.kind, "author_name": author_name
            }  # fmt: skip
            plugin = await insert_plugin(connection, values=values)
            if plugin is None:
                raise PluginIdTakenError(f"there is a plugin {plugin_id!r} already")
            await append_event(
                connection, data=PluginRegistered(plugin=plugin.state()), key=plugin.id, sequence=plugin.sequence
            )
        return plugin
