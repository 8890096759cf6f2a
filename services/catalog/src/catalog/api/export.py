"""``/reviews/export``: everything that is kept of the caller's reviews."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from catalog.api.dependencies import Actions, Cursor
from chassis.app import API_PREFIX
from chassis.authorisation import permit
from chassis.cursors import decode_cursor
from chassis.exports import ExportPage, export_page, listing_of
from chassis.strict_body import StrictRoute
from contracts.identity import IdentityClaims

router = APIRouter(prefix=API_PREFIX + "/reviews", route_class=StrictRoute, tags=["reviews"])

PAGE_ITEMS = 100


@router.get(
    "/export",
    summary="Export my reviews",
    description="Everything that is kept of the caller's reviews, in pages.",
)
async def export_own_reviews(
    request: Request,
    response: Response,
    actions: Actions,
    user: Annotated[IdentityClaims, Depends(permit("review.export"))],
    cursor: Cursor = None,
) -> ExportPage:
    after = str(decode_cursor(listing_of("catalog"), cursor, length=1)[0]) if cursor is not None else ""
    found = await actions.export_reviews.export(user.sub, after=after, limit=PAGE_ITEMS + 1)
    data, has_more = found[:PAGE_ITEMS], len(found) > PAGE_ITEMS
    position = [data[-1]["plugin_id"]] if has_more else None
    return export_page(request, response, service="catalog", data=data, position=position)
