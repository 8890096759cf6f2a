"""Changing an install: the switch, the settings, the version."""

from chassis.db import Database
from chassis.errors import ServiceUnavailableError
from installs.domain.errors import NotInstalledError
from installs.domain.installs import Install, InstallPatch, Owner, patched_state
from installs.storage.installs import find_install, update_install
from installs.storage.known_plugins import get_version
from installs.storage.owners import read_standing
from installs.usecases.refusals import ATTEMPTS, require_free, require_revision, require_version_text


class ChangeInstall:
    """Changes an install: reads it, works out the new state, writes that if nobody wrote in between, else again.

    Parameters
    ----------
    database
        Of this service.
    """

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def run(
        self, owner: Owner, plugin_id: str, patch: InstallPatch, *, permitted: frozenset[int] | None
    ) -> Install:
        """Apply a patch; one that changes nothing writes nothing.

        Parameters
        ----------
        permitted
            Revisions at which the caller wants it applied; None for any.

        Raises
        ------
        NotInstalledError, VersionNotFoundError, VersionInvalidError
            There is nothing to change, or nothing to change to.
        PluginSuspendedError, SettingsInvalidError
            As `patched_state`.
        RevisionMismatchError
            The install is at no permitted revision.
        IdentityClaimedError, UnauthenticatedError
            The anonymous owner became an account; the owner was erased.
        """
        require_version_text(patch.version)
        for _ in range(ATTEMPTS):
            async with self._database.read() as connection:
                install = await find_install(connection, owner, plugin_id)
                if install is None:
                    require_free(owner, await read_standing(connection, owner))
                    raise NotInstalledError(f"{plugin_id!r} is not installed")
                require_revision(install, permitted)
                target = installed = await get_version(connection, plugin_id, install.version)
                if patch.version is not None and patch.version != install.version:
                    target = await get_version(connection, plugin_id, patch.version)
            state = patched_state(install, patch, installed=installed, target=target)
            if state.is_that_of(install):
                return install
            async with self._database.statement() as connection:
                changed = await update_install(
                    connection, owner, plugin_id=plugin_id, revision=install.revision, state=state
                )
            if changed is not None:
                return changed
            # Somebody wrote in between, or the owner was claimed: the next turn sees which.
        raise ServiceUnavailableError("the record of this install", retry_after_seconds=1)
