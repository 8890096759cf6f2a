"""The question whose a plugin is, asked before anything of it is shown or changed."""

from chassis.authorisation import may_touch
from contracts.identity import IdentityClaims
from publishing.domain.errors import NotOwnerError, PluginNotFoundError
from publishing.domain.plugins import Plugin


def owned(plugin: Plugin | None, *, plugin_id: str, caller: IdentityClaims, operation: str) -> Plugin:
    """Give the plugin if it is the caller's, as far as the operation needs.

    Raises
    ------
    PluginNotFoundError
        There is none.
    NotOwnerError
        It is another's.
    TokenLimitedError
        It is the caller's, but the API token is not for it.
    """
    if plugin is None:
        raise PluginNotFoundError(f"no plugin has the id {plugin_id!r}")
    owner = plugin.owner
    if not may_touch(operation, caller, account=owner.account, organisation=owner.organisation, plugin_id=plugin_id):
        raise NotOwnerError(f"the plugin {plugin_id!r} is not yours to do this with")
    return plugin
