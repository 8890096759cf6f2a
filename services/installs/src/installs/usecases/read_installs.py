"""Reading what an owner has."""

from collections.abc import Sequence
from typing import Any

from chassis.db import Database
from installs.domain.errors import NotInstalledError
from installs.domain.installs import Install, Owner
from installs.storage.installs import export_installs, find_install, list_installs


class ReadInstalls:
    """Reads installs; one statement each.

    Parameters
    ----------
    database
        Of this service.
    """

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def list(self, owner: Owner) -> list[Install]:
        """Give everything the owner has, by plugin id; may be empty."""
        async with self._database.read() as connection:
            return await list_installs(connection, owner)

    async def export(self, owner: Owner, *, after: str, limit: int) -> Sequence[dict[str, Any]]:
        """Give up to `limit` of all that is kept of the owner's installs, by plugin id, above `after`."""
        async with self._database.read() as connection:
            return await export_installs(connection, owner, after=after, limit=limit)

    async def get(self, owner: Owner, plugin_id: str) -> Install:
        """Give one install.

        Raises
        ------
        NotInstalledError
            The owner does not have the plugin.
        """
        async with self._database.read() as connection:
            install = await find_install(connection, owner, plugin_id)
        if install is None:
            raise NotInstalledError(f"{plugin_id!r} is not installed")
        return install
