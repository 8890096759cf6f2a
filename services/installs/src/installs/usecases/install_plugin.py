"""Installing a plugin."""

from dataclasses import replace

from chassis.db import Database
from chassis.errors import ServiceUnavailableError
from installs.domain.errors import AlreadyInstalledError, InstallLimitError
from installs.domain.installs import MAX_INSTALLS, Install, InstallRequest, Owner
from installs.domain.plugin_settings import check_settings
from installs.storage.installs import add_install, count_installs, find_install
from installs.storage.known_plugins import find_plugin, find_version, get_version
from installs.storage.owners import read_standing
from installs.usecases.refusals import (
    ATTEMPTS,
    require_free,
    require_public,
    require_version_text,
)


class InstallPlugin:
    """Installs a plugin for an owner: one statement, one more before it where settings are given.

    Parameters
    ----------
    database
        Of this service.
    """

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def run(self, owner: Owner, request: InstallRequest) -> tuple[Install, bool]:
        """Make sure that the owner has the plugin as asked for; a repeat changes nothing.

        Returns
        -------
        tuple
            The install, and whether it is new.

        Raises
        ------
        PluginNotFoundError, VersionNotFoundError, VersionInvalidError, PluginSuspendedError
            The plugin or the version cannot be installed.
        SettingsInvalidError
            The settings do not fit the version.
        AlreadyInstalledError
            It is installed with other choices than those asked for.
        InstallLimitError
            The owner has too many.
        IdentityClaimedError, UnauthenticatedError
            The anonymous owner became an account; the owner was erased.
        """
        require_version_text(request.version)
        for _ in range(ATTEMPTS):
            checked = await self._checked(request)
            async with self._database.statement() as connection:
                install = await add_install(connection, owner, checked)
            if install is not None:
                return install, True
            install = await self._find_or_explain(owner, request)
            if install is not None:
                return install, False
        raise ServiceUnavailableError("the record of this install")

    async def _checked(self, request: InstallRequest) -> InstallRequest:
        """Check given settings and fix the version they were checked against."""
        if request.settings is None:
            return request
        async with self._database.read() as connection:
            version = await find_version(connection, request.plugin_id, request.version)
        if version is None:
            return request  # the write finds no target either, and what is wrong is said then
        check_settings(version, request.settings)
        return replace(request, version=version.version)

    async def _find_or_explain(self, owner: Owner, request: InstallRequest) -> Install | None:
        """Say why nothing was written; None where the reason has gone meanwhile, so that a new attempt may succeed."""
        async with self._database.read() as connection:
            require_free(owner, await read_standing(connection, owner))
            install = await find_install(connection, owner, request.plugin_id)
            if install is None:
                require_public(await find_plugin(connection, request.plugin_id), request.plugin_id)
                await get_version(connection, request.plugin_id, request.version)
                if await count_installs(connection, owner) >= MAX_INSTALLS:
                    raise InstallLimitError(f"one owner has {MAX_INSTALLS} installs at most")
                return None
        if not request.agrees_with(install):
            raise AlreadyInstalledError(
                f"{install.plugin_id!r} is installed in version {install.version}, with other choices than those sent"
            )
        return install
