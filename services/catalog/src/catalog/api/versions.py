"""The published versions of a plugin."""

from fastapi import APIRouter, Request, Response

from catalog.api.answers import cached_answer
from catalog.api.caching import DETAIL_SECONDS, Caching, plugin_group
from catalog.api.dependencies import DEFAULT_LIMIT, Actions, Cursor, Limit, PluginId, VersionText
from catalog.api.paging import decode_version_cursor, encode_version_cursor, next_link
from catalog.api.plugins import NOT_PUBLIC, PAGE, READ
from catalog.api.rendering import plugin_path, version_detail, version_summary
from catalog.api.schemas import VersionDetail, VersionPage
from chassis.app import API_PREFIX
from chassis.strict_body import StrictRoute

router = APIRouter(prefix=API_PREFIX + "/plugins/{plugin_id}/versions", route_class=StrictRoute, tags=["versions"])


@router.get(
    "",
    summary="List a plugin's versions",
    description="Newest first by semantic precedence, so that 10.0.0 comes before 9.0.0 and 1.0.0 before 1.0.0-rc.1.",
    response_model=VersionPage,
    responses={**PAGE, **NOT_PUBLIC},
)
async def list_versions(
    request: Request, plugin_id: PluginId, actions: Actions, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Response:
    before = decode_version_cursor(plugin_id, cursor)
    page = await actions.list_versions.list(plugin_id, before=before, limit=limit)
    next_cursor = encode_version_cursor(plugin_id, page.versions[-1].version) if page.has_more else None
    body = {
        "items": [version_summary(version) for version in page.versions],
        "next_cursor": next_cursor,
        "total": page.total,
    }
    return cached_answer(
        request,
        body,
        caching=Caching(ttl_seconds=DETAIL_SECONDS, groups=(plugin_group(plugin_id),)),
        headers=next_link(request, limit=limit, cursor=next_cursor),
    )


@router.get(
    "/{version}",
    summary="Get a version",
    description="With its manifest. 'latest' stands for the highest release, else the highest pre-release.",
    response_model=VersionDetail,
    responses={**READ, **NOT_PUBLIC},
)
async def get_version(request: Request, plugin_id: PluginId, version: VersionText, actions: Actions) -> Response:
    found = await actions.read_version.read(plugin_id, version)
    return cached_answer(
        request,
        version_detail(found),
        caching=Caching(ttl_seconds=DETAIL_SECONDS, groups=(plugin_group(plugin_id),)),
        headers={"content-location": f"{plugin_path(plugin_id)}/versions/{found.version}"},
    )
