"""Whoever manages a plugin says which jobs elsewhere may publish it."""

from collections.abc import Mapping, Sequence
from uuid import UUID, uuid4

from chassis.db import Database
from chassis.erasures import hold_account
from contracts.identity import IdentityClaims
from publishing.domain.trusted_publishing import MAX_PUBLISHERS, Publisher, TrustedIssuer, check_claims
from publishing.domain.trusted_publishing_errors import (
    PublisherExistsError,
    PublisherInvalidError,
    PublisherNotFoundError,
)
from publishing.storage.plugins import find_plugin, lock_plugin
from publishing.storage.publishers import delete_publisher, insert_publisher, list_publishers
from publishing.usecases.ownership import owned


class Publishers:
    """Looks after the publishers of a plugin. Every method refuses as `owned` does.

    Parameters
    ----------
    database
        Of this service.
    issuers
        Who is trusted.
    """

    def __init__(self, *, database: Database, issuers: Sequence[TrustedIssuer]) -> None:
        self._database = database
        self.issuers = tuple(issuers)

    async def show(self, *, caller: IdentityClaims, plugin_id: str) -> Sequence[Publisher]:
        """List them, oldest first."""
        async with self._database.read() as connection:
            plugin = await find_plugin(connection, plugin_id)
            owned(plugin, plugin_id=plugin_id, caller=caller, operation="publisher.list")
            return await list_publishers(connection, plugin_id)

    async def add(
        self, *, caller: IdentityClaims, plugin_id: str, issuer_name: str, claims: Mapping[str, str]
    ) -> Publisher:
        """Trust a job, which will publish for the caller's account.

        Raises
        ------
        PublisherInvalidError
            The issuer is not trusted, or the claims pin too little.
        PublisherExistsError
            The plugin has the same one, or too many.
        """
        issuer = next((each for each in self.issuers if each.name == issuer_name), None)
        async with self._database.transaction() as connection:
            await hold_account(connection, caller.sub)
            plugin = await lock_plugin(connection, plugin_id)
            owned(plugin, plugin_id=plugin_id, caller=caller, operation="publisher.change")
            if issuer is None:
                names = ", ".join(each.name for each in self.issuers) or "nobody"
                raise PublisherInvalidError(f"no such issuer is trusted here, but {names}")
            check_claims(issuer, claims)
            if len(await list_publishers(connection, plugin_id)) >= MAX_PUBLISHERS:
                raise PublisherExistsError(f"a plugin has {MAX_PUBLISHERS} trusted publishers at most")
            added = await insert_publisher(
                connection,
                publisher_id=uuid4(),
                plugin_id=plugin_id,
                issuer=issuer.name,
                claims=claims,
                created_by=caller.sub,
            )
        if added is None:
            raise PublisherExistsError("the plugin has the same trusted publisher already")
        return added

    async def remove(self, *, caller: IdentityClaims, plugin_id: str, publisher_id: UUID) -> None:
        """Trust a job no longer; tokens that it has live for some minutes more.

        Raises
        ------
        PublisherNotFoundError
            The plugin has no such one.
        """
        async with self._database.transaction() as connection:
            plugin = await lock_plugin(connection, plugin_id)
            owned(plugin, plugin_id=plugin_id, caller=caller, operation="publisher.change")
            if not await delete_publisher(connection, publisher_id=publisher_id, plugin_id=plugin_id):
                raise PublisherNotFoundError("the plugin has no trusted publisher of this id")
