"""A developer reads their own plugins."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.db import Database
from contracts.identity import IdentityClaims
from publishing.domain.owners import owners_of
from publishing.domain.plugins import Plugin
from publishing.domain.releases import Release
from publishing.domain.submissions import Submission
from publishing.storage.plugins import count_plugins_of, find_plugin, list_plugins_of
from publishing.storage.releases import list_releases_of
from publishing.storage.submissions import list_submissions_of
from publishing.usecases.ownership import owned

NEWEST = 100
"""Versions and submissions shown with a plugin; older ones have addresses of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginPage:
    """One page of plugins; `has_more` says whether another follows, `total` counts all."""

    plugins: Sequence[Plugin]
    has_more: bool
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginWithHistory:
    """A plugin with its published versions (highest first) and its submissions (newest first)."""

    plugin: Plugin
    releases: Sequence[Release]
    submissions: Sequence[Submission]


class ListOwnPlugins:
    """Lists a developer's plugins.

    Parameters
    ----------
    database
        Of this service.
    """

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def __call__(
        self,
        *,
        caller: IdentityClaims,
        organisation_id: UUID | None,
        after: tuple[datetime, str] | None,
        limit: int,
    ) -> PluginPage:
        """Give one page of what the caller and their organisations own, newest first.

        Parameters
        ----------
        organisation_id
            Only this one's; nothing where the caller is no member.
        after
            A position: creation time and id.
        """
        owner_ids = owners_of(caller)
        if organisation_id is not None:
            owner_ids = [each.id for each in caller.organisations if each.id == organisation_id]
        async with self._database.read() as connection:
            found = await list_plugins_of(connection, owner_ids=owner_ids, after=after, limit=limit + 1)
            total = await count_plugins_of(connection, owner_ids)
        return PluginPage(plugins=found[:limit], has_more=len(found) > limit, total=total)


class GetOwnPlugin:
    """Reads one plugin of the caller's.

    Parameters
    ----------
    database
        Of this service.
    """

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def __call__(self, *, caller: IdentityClaims, plugin_id: str) -> PluginWithHistory:
        """Give the plugin with its versions and submissions.

        Raises
        ------
        PluginNotFoundError, NotOwnerError
            See `owned`.
        """
        async with self._database.read() as connection:
            found = await find_plugin(connection, plugin_id)
            plugin = owned(found, plugin_id=plugin_id, caller=caller, operation="plugin.read")
            releases = await list_releases_of(connection, plugin_id=plugin_id, limit=NEWEST)
            submissions = await list_submissions_of(connection, plugin_id=plugin_id, limit=NEWEST)
        return PluginWithHistory(plugin=plugin, releases=releases, submissions=submissions)
