"""``/user/export``: everything that is kept of the caller's installs."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from chassis.app import API_PREFIX
from chassis.cursors import decode_cursor
from chassis.exports import ExportPage, export_page, listing_of
from chassis.strict_body import StrictRoute
from installs.api.dependencies import Actions, owner_permitted
from installs.domain.installs import Owner

router = APIRouter(prefix=API_PREFIX + "/user", route_class=StrictRoute, tags=["installs"])

PAGE_ITEMS = 50
"""Settings may have 64 KiB."""


@router.get(
    "/export",
    summary="Export my installs",
    description="Everything that is kept of the caller's installs, removed ones and settings included, in pages.",
)
async def export_own_installs(
    request: Request,
    response: Response,
    actions: Actions,
    owner: Annotated[Owner, Depends(owner_permitted("install.export"))],
    cursor: Annotated[str | None, Query(description="Part of `next` of the page before.")] = None,
) -> ExportPage:
    after = str(decode_cursor(listing_of("installs"), cursor, length=1)[0]) if cursor is not None else ""
    found = await actions.read.export(owner, after=after, limit=PAGE_ITEMS + 1)
    data, has_more = found[:PAGE_ITEMS], len(found) > PAGE_ITEMS
    position = [data[-1]["plugin_id"]] if has_more else None
    return export_page(request, response, service="installs", data=data, position=position)
