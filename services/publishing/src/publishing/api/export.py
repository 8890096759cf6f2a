"""``/developer/export``: everything that is kept of what the caller publishes and reviews."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from chassis.app import API_PREFIX
from chassis.authorisation import permit
from chassis.cursors import decode_cursor
from chassis.exports import ExportPage, export_page, listing_of
from chassis.strict_body import StrictRoute
from contracts.identity import IdentityClaims
from publishing.api.dependencies import get_use_cases

router = APIRouter(prefix=API_PREFIX + "/developer", route_class=StrictRoute, tags=["developer"])

PAGE_ITEMS = 20
"""A manifest may have 256 KiB."""


@router.get(
    "/export",
    summary="Export what I publish and review",
    description="Everything that is kept of the caller's plugins, submissions and decisions, in pages.",
)
async def export_own_publishing(
    request: Request,
    response: Response,
    user: Annotated[IdentityClaims, Depends(permit("publishing.export"))],
    cursor: Annotated[str | None, Query(description="Part of `next` of the page before")] = None,
) -> ExportPage:
    kind, item_id = decode_cursor(listing_of("publishing"), cursor, length=2) if cursor is not None else ("", "")
    use_cases = await get_use_cases(request)
    found = await use_cases.export_held(user.sub, after=(str(kind), str(item_id)), limit=PAGE_ITEMS + 1)
    position = list(found[PAGE_ITEMS - 1][:2]) if len(found) > PAGE_ITEMS else None
    data = [{**item, "kind": kind} for kind, _, item in found[:PAGE_ITEMS]]
    return export_page(request, response, service="publishing", data=data, position=position)
