"""The rule that a plugin is changed by its owner only."""

from uuid import UUID

from publishing.domain.errors import NotOwnerError, PluginNotFoundError
from publishing.domain.plugins import Plugin


def owned(plugin: Plugin | None, *, plugin_id: str, caller_id: UUID) -> Plugin:
    """Give the plugin if it is the caller's.

    Raises
    ------
    PluginNotFoundError
        There is none.
    NotOwnerError
        It is another developer's.
    """
    if plugin is None:
        raise PluginNotFoundError(f"no plugin has the id {plugin_id!r}")
    if plugin.owner_id != caller_id:
        raise NotOwnerError(f"the plugin {plugin_id!r} is another developer's")
    return plugin
