"""The question whose a plugin is, asked before anything of it is shown or changed."""

from chassis.rights import may_touch
from contracts.identity import IdentityClaims
from publishing.domain.errors import NotOwnerError, PluginNotFoundError
from publishing.domain.owners import Owner
from publishing.domain.plugins import Plugin
from publishing.storage.connection import Connection
from publishing.storage.organisations import hold_organisation


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


async def publishing_name(connection: Connection, owner: Owner, caller: IdentityClaims) -> str | None:
    """Give the name under which an owner publishes, which stays so until the transaction ends.

    None where the caller is neither the owner nor a member, or the organisation is no more. What an event said of an
    organisation goes before the caller's identity, which may be older; a newer name comes by an event of its own.
    """
    name = owner.public_name(caller)
    if name is None or owner.kind == "account":
        return name
    known = await hold_organisation(connection, owner.id)
    if known is None:
        return name
    return None if known.is_deleted else known.name or name
