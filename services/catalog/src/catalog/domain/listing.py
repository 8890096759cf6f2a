"""Who may see a plugin."""

from catalog.domain.errors import PluginNotFoundError, PluginSuspendedError


def is_listed(*, status: str, latest_version: str | None) -> bool:
    """Say whether everybody may see the plugin: it is published and has a version."""
    return status == "published" and latest_version is not None


def check_listed(plugin_id: str, *, status: str, latest_version: str | None) -> None:
    """Let a listed plugin pass.

    Raises
    ------
    PluginNotFoundError
        Nothing of it was ever public, so nobody learns that it exists.
    PluginSuspendedError
        It was public and is suspended.
    """
    if latest_version is None or status == "draft":
        raise PluginNotFoundError(f"no plugin is called {plugin_id[:100]!r}")
    if status == "suspended":
        raise PluginSuspendedError(f"{plugin_id!r} is suspended by an administrator")
