"""The refusals of this service.

::

    PlatformError
    ├── PluginNotFoundError       404  no such public plugin, as far as this service knows
    ├── VersionNotFoundError      404
    ├── NotInstalledError         404
    ├── PluginSuspendedError      409
    ├── AlreadyInstalledError     409  installed otherwise than asked for
    ├── InstallLimitError         409
    ├── IdentityClaimedError      409
    ├── VersionInvalidError       422
    └── SettingsInvalidError      422  with a pointer below /settings for every violation

None of them leaves anything written.
"""

from chassis.errors import ErrorKind, PlatformError


class PluginNotFoundError(PlatformError):
    """Nothing public has this id, or its publication has not arrived yet; a retry may succeed."""

    code = "plugin_not_found"
    kind = ErrorKind.NOT_FOUND
    title = "There is no such plugin"
    default_remedy = (
        "Check the id with GET /api/v1/plugins/{id}. A plugin that was published a moment ago can be installed within"
        " seconds: try again."
    )


class VersionNotFoundError(PlatformError):
    """The plugin has no such published version, or its publication has not arrived yet; a retry may succeed."""

    code = "version_not_found"
    kind = ErrorKind.NOT_FOUND
    title = "The plugin has no such version"
    default_remedy = (
        "See GET /api/v1/plugins/{id}/versions, or leave 'version' out for the latest. A version that was published a"
        " moment ago can be installed within seconds: try again."
    )


class NotInstalledError(PlatformError):
    """The owner does not have the plugin."""

    code = "not_installed"
    kind = ErrorKind.NOT_FOUND
    title = "The plugin is not installed"
    default_remedy = "Install it first with POST /api/v1/user/plugins/install."


class PluginSuspendedError(PlatformError):
    """An administrator took the plugin out of the marketplace."""

    code = "plugin_suspended"
    kind = ErrorKind.CONFLICT
    title = "The plugin is suspended"
    default_remedy = "It can be disabled and uninstalled; everything else has to wait until it is restored."


class AlreadyInstalledError(PlatformError):
    """The plugin is installed, but not as the request asks."""

    code = "already_installed"
    kind = ErrorKind.CONFLICT
    title = "The plugin is already installed, in another way"
    default_remedy = "Change the install with PATCH /api/v1/user/plugins/{id}."


class InstallLimitError(PlatformError):
    """The owner has as many installs as one may have."""

    code = "install_limit"
    kind = ErrorKind.CONFLICT
    title = "There are too many installs"
    default_remedy = "Uninstall what is no longer needed with DELETE /api/v1/user/plugins/{id}."


class IdentityClaimedError(PlatformError):
    """The anonymous owner became an account; its installs live there."""

    code = "identity_claimed"
    kind = ErrorKind.CONFLICT
    title = "This visitor has signed in"
    default_remedy = "Send the session that sign-in gave you; the former, anonymous one can write no longer."


class VersionInvalidError(PlatformError):
    """The text is no semantic version."""

    code = "version_invalid"
    kind = ErrorKind.INVALID
    title = "This is not a version"
    default_remedy = "Write a semantic version such as 1.2.3."


class SettingsInvalidError(PlatformError):
    """The settings do not fit the plugin's settings schema."""

    code = "settings_invalid"
    kind = ErrorKind.INVALID
    title = "The settings do not fit the plugin"
    default_remedy = "Correct what 'errors' names; the schema is 'settings_schema' in the version's manifest."
