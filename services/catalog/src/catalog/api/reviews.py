"""Reviews: everybody reads them, a signed-in user writes one per plugin."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from catalog.api import schemas
from catalog.api.answers import MEDIA_TYPE, cached_answer, encode
from catalog.api.caching import DETAIL_SECONDS, PRIVATE, Caching, group_list, plugin_group
from catalog.api.dependencies import DEFAULT_LIMIT, Actions, Cursor, Limit, PermittedRevisions, PluginId
from catalog.api.paging import decode_review_cursor, encode_review_cursor, next_link
from catalog.api.plugins import NOT_PUBLIC, PAGE, UNCHANGED
from catalog.api.rendering import rating_summary, review_item
from catalog.domain.reviews import Opinion, Review
from chassis.app import API_PREFIX
from chassis.authorisation import permit
from chassis.conditional import is_unmodified, revision_etag
from chassis.strict_body import StrictRoute
from contracts.identity import IdentityClaims

router = APIRouter(prefix=API_PREFIX + "/plugins/{plugin_id}/reviews", route_class=StrictRoute, tags=["reviews"])

Reviewer = Annotated[IdentityClaims, Depends(permit("review.own"))]
ETAG: dict[str, Any] = {"ETag": {"description": "Revision, for If-Match.", "schema": {"type": "string"}}}


@router.get(
    "",
    summary="List a plugin's reviews",
    description="Newest first, with the ratings of all reviews. An edit does not move a review.",
    response_model=schemas.ReviewPage,
    responses={**PAGE, **NOT_PUBLIC},
)
async def list_reviews(
    request: Request, plugin_id: PluginId, actions: Actions, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Response:
    before = decode_review_cursor(plugin_id, cursor)
    page = await actions.list_reviews.list(plugin_id, before=before, limit=limit)
    next_cursor = encode_review_cursor(plugin_id, page.next_position) if page.next_position else None
    body = {
        "items": [review_item(review) for review in page.reviews],
        "next_cursor": next_cursor,
        "total": page.ratings.count,
        "rating": rating_summary(page.ratings),
    }
    return cached_answer(
        request,
        body,
        caching=Caching(ttl_seconds=DETAIL_SECONDS, groups=(plugin_group(plugin_id),)),
        headers=next_link(request, limit=limit, cursor=next_cursor),
    )


@router.get(
    "/mine",
    summary="Get my review",
    description="404 `review_not_found` where the caller has not reviewed the plugin.",
    response_model=schemas.Review,
    responses={200: {"headers": ETAG}, **UNCHANGED, **NOT_PUBLIC},
)
async def get_my_review(request: Request, plugin_id: PluginId, user: Reviewer, actions: Actions) -> Response:
    review = await actions.read_own_review.read(plugin_id, user.sub)
    if is_unmodified(request.headers, revision_etag(review.revision)):
        return Response(status_code=304, headers=_own_headers(review))
    return Response(encode(review_item(review)), 200, _own_headers(review), MEDIA_TYPE)


@router.put(
    "/mine",
    summary="Review a plugin",
    description=(
        "Creates or replaces the caller's one review. A repeat with the same rating and text changes nothing. Authors"
        " cannot review their own plugins, nor their organisation's: 403 `own_plugin`."
    ),
    response_model=schemas.Review,
    responses={
        200: {"description": "Replaced, or the same as before", "headers": ETAG},
        201: {"description": "The caller's first review of the plugin", "model": schemas.Review, "headers": ETAG},
        **NOT_PUBLIC,
    },
)
async def put_my_review(
    plugin_id: PluginId, body: schemas.ReviewBody, user: Reviewer, actions: Actions, permitted: PermittedRevisions
) -> Response:
    opinion = Opinion(rating=body.rating, text=body.text)
    review, is_new = await actions.post_review.post(plugin_id, opinion, user=user, permitted=permitted)
    headers = {**_own_headers(review), **_invalidation(plugin_id)}
    return Response(encode(review_item(review)), 201 if is_new else 200, headers, MEDIA_TYPE)


@router.delete(
    "/mine",
    summary="Remove my review",
    description="The plugin's ratings no longer count it.",
    status_code=204,
    responses=NOT_PUBLIC,
)
async def delete_my_review(
    plugin_id: PluginId, user: Reviewer, actions: Actions, permitted: PermittedRevisions
) -> Response:
    await actions.remove_review.remove(plugin_id, user_id=user.sub, permitted=permitted)
    return Response(status_code=204, headers=_invalidation(plugin_id))


def _own_headers(review: Review) -> dict[str, str]:
    return {
        "cache-control": PRIVATE,
        "vary": "Cookie, Authorization",
        "etag": revision_etag(review.revision),
    }


def _invalidation(plugin_id: str) -> dict[str, str]:
    return {"cache-group-invalidation": group_list(plugin_group(plugin_id))}
