"""Routes under ``/admin/plugins``, for administrators."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from chassis.app import API_PREFIX
from chassis.authorisation import permit
from chassis.strict_body import StrictRoute
from contracts.identity import IdentityClaims
from publishing.api.dependencies import ETAG, PluginId, Use, etag, never_cached
from publishing.api.plugin_schemas import DeveloperPlugin, Suspension

router = APIRouter(
    prefix=API_PREFIX + "/admin/plugins",
    route_class=StrictRoute,
    tags=["administration"],
    dependencies=[Depends(never_cached)],
)


Administrator = Annotated[IdentityClaims, Depends(permit("plugin.block"))]


@router.post(
    "/{plugin_id}/suspend",
    summary="Suspend a plugin",
    description="Takes it out of the marketplace; nobody can install it or send versions of it.",
    responses={200: {"headers": ETAG}},
)
async def suspend_plugin(
    response: Response, administrator: Administrator, use: Use, plugin_id: PluginId, body: Suspension
) -> DeveloperPlugin:
    plugin = await use.suspend_plugin(administrator=administrator, plugin_id=plugin_id, reason=body.reason)
    return _changed(response, DeveloperPlugin.of(plugin))


@router.post(
    "/{plugin_id}/restore",
    summary="Restore a suspended plugin",
    description="Puts it back as it was: published where it has versions, a draft otherwise.",
    responses={200: {"headers": ETAG}},
)
async def restore_plugin(
    response: Response, administrator: Administrator, use: Use, plugin_id: PluginId
) -> DeveloperPlugin:
    plugin = await use.restore_plugin(administrator=administrator, plugin_id=plugin_id)
    return _changed(response, DeveloperPlugin.of(plugin))


def _changed(response: Response, plugin: DeveloperPlugin) -> DeveloperPlugin:
    response.headers["etag"] = etag(plugin.revision)
    response.headers["cache-group-invalidation"] = f'"plugin:{plugin.id}", "plugins"'
    return plugin
