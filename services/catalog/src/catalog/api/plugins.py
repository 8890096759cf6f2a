"""One plugin, and the categories."""

from typing import Any

from fastapi import APIRouter, Request, Response

from catalog.api.answers import cached_answer
from catalog.api.caching import CATEGORIES_GROUP, CATEGORIES_SECONDS, DETAIL_SECONDS, Caching, plugin_group
from catalog.api.dependencies import PluginId, use_cases
from catalog.api.rendering import category_item, plugin_detail
from catalog.api.schemas import CategoryList, PluginDetail
from chassis.app import API_PREFIX
from chassis.strict_body import StrictRoute

router = APIRouter(prefix=API_PREFIX + "/plugins", route_class=StrictRoute, tags=["plugins"])

_ETAG: dict[str, Any] = {"ETag": {"description": "For If-None-Match.", "schema": {"type": "string"}}}
_LINK: dict[str, Any] = {
    "Link": {"description": 'Address of the next page, rel="next"; none on the last.', "schema": {"type": "string"}}
}
UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "Unchanged since the ETag in If-None-Match"}}
READ: dict[int | str, dict[str, Any]] = {200: {"headers": _ETAG}, **UNCHANGED}
PAGE: dict[int | str, dict[str, Any]] = {200: {"headers": {**_ETAG, **_LINK}}, **UNCHANGED}
_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
NOT_PUBLIC: dict[int | str, dict[str, Any]] = {
    403: {"description": "The plugin is suspended: `plugin_suspended`", "content": _PROBLEM},
    404: {"description": "There is no such plugin: `plugin_not_found`", "content": _PROBLEM},
}

_CATEGORIES = Caching(ttl_seconds=CATEGORIES_SECONDS, groups=(CATEGORIES_GROUP,))


# Before the plugin's own route: 'categories' can never be a plugin's id.
@router.get(
    "/categories",
    summary="List the categories",
    description="Every category with its number of listed plugins, by id.",
    response_model=CategoryList,
    responses=READ,
)
async def list_categories(request: Request) -> Response:
    found = await use_cases(request).list_categories.list()
    items = [category_item(category, plugin_count) for category, plugin_count in found]
    return cached_answer(request, {"items": items}, caching=_CATEGORIES)


@router.get(
    "/{plugin_id}",
    summary="Get a plugin",
    description="All that everybody may know of a plugin, with its latest version and that version's manifest.",
    response_model=PluginDetail,
    responses={**READ, **NOT_PUBLIC},
)
async def get_plugin(request: Request, plugin_id: PluginId) -> Response:
    plugin = await use_cases(request).read_plugin.read(plugin_id)
    caching = Caching(ttl_seconds=DETAIL_SECONDS, groups=(plugin_group(plugin.id),))
    return cached_answer(request, plugin_detail(plugin), caching=caching)
