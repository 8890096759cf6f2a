"""Refusals of the catalog."""

from chassis.errors import ErrorKind, PlatformError


class PluginNotFoundError(PlatformError):
    """No plugin of that id has been published."""

    code = "plugin_not_found"
    kind = ErrorKind.NOT_FOUND
    title = "There is no such plugin"
    default_remedy = "Check the id; GET /api/v1/plugins?q=… finds plugins by words."


class PluginSuspendedError(PlatformError):
    """An administrator took the plugin out of the marketplace."""

    code = "plugin_suspended"
    kind = ErrorKind.FORBIDDEN
    title = "The plugin is suspended"
    default_remedy = "Choose another plugin; its developer can ask an administrator to restore it."


class VersionNotFoundError(PlatformError):
    """The plugin has no published version of that number."""

    code = "version_not_found"
    kind = ErrorKind.NOT_FOUND
    title = "There is no such version"
    default_remedy = "GET /api/v1/plugins/{id}/versions lists all versions; 'latest' names the newest."


class VersionInvalidError(PlatformError):
    """The text is no semantic version."""

    code = "version_invalid"
    kind = ErrorKind.INVALID
    title = "The version is not a semantic version"
    default_remedy = "Write MAJOR.MINOR.PATCH, such as 1.2.3 or 2.0.0-rc.1, without build metadata, or 'latest'."


class SourceMapNotFoundError(PlatformError):
    """The version was published without a source map."""

    code = "source_map_not_found"
    kind = ErrorKind.NOT_FOUND
    title = "The version has no source map"
    default_remedy = "'has_source_map' of the version says whether there is one."


class ReviewNotFoundError(PlatformError):
    """The caller has not reviewed the plugin."""

    code = "review_not_found"
    kind = ErrorKind.NOT_FOUND
    title = "You have not reviewed this plugin"
    default_remedy = "PUT a rating and a text to this address to review it."


class OwnPluginError(PlatformError):
    """Authors do not review what they publish."""

    code = "own_plugin"
    kind = ErrorKind.FORBIDDEN
    title = "This is your own plugin"
    default_remedy = "Reviews come from other people; describe the plugin in its listing instead."


class ChangesGoneError(PlatformError):
    """The place from which the caller wants to go on is no longer in the feed."""

    code = "changes_gone"
    kind = ErrorKind.GONE
    title = "The feed no longer reaches back that far"
    default_remedy = (
        "Start over without 'since' and without Last-Event-ID: you get every plugin's newest document and then the"
        " changes. Plugins that you know and are not told of are gone."
    )


class TooManyReadersError(PlatformError):
    """As many readers wait here as one process serves."""

    code = "too_many_readers"
    kind = ErrorKind.UNAVAILABLE
    title = "Too many readers wait for changes"
    default_remedy = "Try again after the seconds given in Retry-After, from where you were; or ask with wait=0."
