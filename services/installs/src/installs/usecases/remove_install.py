"""Uninstalling a plugin."""

from chassis.db import Database
from chassis.errors import ServiceUnavailableError
from installs.domain.errors import NotInstalledError
from installs.domain.installs import Owner
from installs.storage.installs import find_install, remove_install
from installs.storage.owners import read_standing
from installs.usecases.refusals import ATTEMPTS, require_free, require_revision


class RemoveInstall:
    """Uninstalls a plugin and forgets its settings; one statement.

    Parameters
    ----------
    database
        Of this service.
    """

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def run(self, owner: Owner, plugin_id: str, *, permitted: frozenset[int] | None) -> None:
        """Remove an install.

        Parameters
        ----------
        permitted
            Revisions at which the caller wants it removed; None for any.

        Raises
        ------
        NotInstalledError
            The owner does not have it (any more).
        RevisionMismatchError
            The install is at no permitted revision.
        IdentityClaimedError, UnauthenticatedError
            The anonymous owner became an account; the owner was erased.
        """
        for _ in range(ATTEMPTS):
            async with self._database.statement() as connection:
                if await remove_install(connection, owner, plugin_id=plugin_id, revisions=permitted):
                    return
            async with self._database.read() as connection:
                require_free(owner, await read_standing(connection, owner))
                install = await find_install(connection, owner, plugin_id)
            if install is None:
                raise NotInstalledError(f"{plugin_id!r} is not installed")
            require_revision(install, permitted)
        raise ServiceUnavailableError("the record of this install", retry_after_seconds=1)
