"""Routes under ``/developer/plugins``: a developer's plugins."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from chassis.app import API_PREFIX
from chassis.authorisation import permit
from chassis.strict_body import StrictRoute
from contracts.identity import IdentityClaims
from publishing.api.dependencies import (
    DEFAULT_LIMIT,
    ETAG,
    LINK,
    Cursor,
    Limit,
    PermittedRevisions,
    PluginId,
    Use,
    etag,
    never_cached,
    next_page,
    read_position,
)
from publishing.api.plugin_schemas import (
    DeveloperPlugin,
    DeveloperPluginDetail,
    DeveloperPluginPage,
    NewPlugin,
    PluginChanges,
)

router = APIRouter(
    prefix=API_PREFIX + "/developer/plugins",
    route_class=StrictRoute,
    tags=["developer"],
    dependencies=[Depends(never_cached)],
)

_LOCATION: dict[str, Any] = {"Location": {"description": "Address of the plugin", "schema": {"type": "string"}}}


@router.get(
    "",
    summary="List your plugins",
    description="And your organisations', newest first.",
    responses={200: {"headers": LINK}},
)
async def list_own_plugins(
    request: Request,
    response: Response,
    developer: Annotated[IdentityClaims, Depends(permit("plugin.list"))],
    use: Use,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    organisation: Annotated[UUID | None, Query(description="Only this organisation's, by its id")] = None,
) -> DeveloperPluginPage:
    listing = f"developer/plugins:{developer.sub}:{organisation or ''}"
    page = await use.list_own_plugins(
        caller=developer, organisation_id=organisation, after=read_position(listing, cursor), limit=limit
    )
    last = page.plugins[-1] if page.has_more else None
    position = [last.created_at.isoformat(), last.id] if last is not None else None
    next_cursor = next_page(request, response, listing=listing, position=position, limit=limit)
    items = [DeveloperPlugin.of(plugin) for plugin in page.plugins]
    return DeveloperPluginPage(items=items, next_cursor=next_cursor, total=page.total)


@router.post(
    "",
    status_code=201,
    summary="Register a plugin",
    description="Takes the id. The plugin is a draft until its first version is published.",
    responses={201: {"headers": {**ETAG, **_LOCATION}}},
)
async def register_plugin(
    response: Response,
    developer: Annotated[IdentityClaims, Depends(permit("plugin.register"))],
    use: Use,
    body: NewPlugin,
) -> DeveloperPlugin:
    listing = body.model_dump(exclude={"id", "organisation_id"})
    plugin = await use.register_plugin(
        developer=developer, plugin_id=body.id, listing=listing, organisation_id=body.organisation_id
    )
    response.headers["etag"] = etag(plugin.revision)
    response.headers["location"] = f"{API_PREFIX}/developer/plugins/{plugin.id}"
    return DeveloperPlugin.of(plugin)


@router.get(
    "/{plugin_id}",
    summary="Read your plugin",
    description="With its published versions and its submissions.",
    responses={200: {"headers": ETAG}},
)
async def get_own_plugin(
    response: Response,
    developer: Annotated[IdentityClaims, Depends(permit("plugin.read"))],
    use: Use,
    plugin_id: PluginId,
) -> DeveloperPluginDetail:
    found = await use.get_own_plugin(caller=developer, plugin_id=plugin_id)
    response.headers["etag"] = etag(found.plugin.revision)
    return DeveloperPluginDetail.with_history(found)


@router.patch(
    "/{plugin_id}",
    summary="Change your plugin's listing",
    description="Send If-Match with the ETag you read, to be refused (412) where somebody changed it since.",
    responses={200: {"headers": ETAG}},
)
async def update_plugin(
    response: Response,
    developer: Annotated[IdentityClaims, Depends(permit("plugin.update"))],
    use: Use,
    plugin_id: PluginId,
    body: PluginChanges,
    permitted: PermittedRevisions,
) -> DeveloperPlugin:
    changes = body.model_dump(exclude_unset=True)
    plugin = await use.update_plugin(caller=developer, plugin_id=plugin_id, changes=changes, permitted=permitted)
    response.headers["etag"] = etag(plugin.revision)
    response.headers["cache-group-invalidation"] = f'"plugin:{plugin_id}", "plugins"'
    return DeveloperPlugin.of(plugin)
