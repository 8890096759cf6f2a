"""GET /plugins: browse, search and filter."""

from typing import Annotated
from urllib.parse import urlencode

import msgspec
from fastapi import APIRouter, Query, Request, Response

from catalog.api.answers import MEDIA_TYPE
from catalog.api.browse_schemas import PluginListing
from catalog.api.caching import LIST_SECONDS, PLUGINS_GROUP, Caching, group_list
from catalog.api.dependencies import DEFAULT_LIMIT, Cursor, Limit
from catalog.api.plugins import PAGE
from catalog.domain.browse import BrowseRequest, Sort
from catalog.usecases.browse import BrowsePage, BrowsePlugins
from chassis.app import API_PREFIX
from chassis.conditional import body_etag, is_unmodified
from chassis.strict_body import StrictRoute

browse_router = APIRouter(prefix=API_PREFIX + "/plugins", route_class=StrictRoute, tags=["plugins"])

_CACHING = Caching(ttl_seconds=LIST_SECONDS, groups=(PLUGINS_GROUP,))
_DEGRADED_HEADERS = {"cache-control": "public, max-age=0, s-maxage=5", "cache-groups": group_list(PLUGINS_GROUP)}


@browse_router.get(
    "",
    summary="Browse and search plugins",
    description=(
        "Lists published plugins. `q` is plain text: words of names, tags, authors and descriptions, their beginnings, "
        "and words with a typo; the plugin whose id or name is the text comes first. There is no query language: "
        "operators are words like others. Of more than two words three quarters must be found. Filters combine by AND. "
        "The default sort is `relevance` with `q` and `popularity` without. A cursor belongs to its text, filters and "
        "sort; the page length may change. Should the search engine fail between two pages, a listing by relevance "
        "starts afresh; the other sorts go on."
    ),
    response_model=PluginListing,
    responses=PAGE,
)
async def browse_plugins(
    request: Request,
    q: Annotated[str | None, Query(min_length=1, max_length=200, description="Words to find")] = None,
    category: Annotated[
        str | None, Query(max_length=64, description="Id of a category, of those at /plugins/categories")
    ] = None,
    tag: Annotated[
        list[Annotated[str, Query(min_length=1, max_length=64)]] | None,
        Query(max_length=10, description="A tag that the plugin has; repeat it for more, of which it has all"),
    ] = None,
    sort: Annotated[Sort | None, Query(description="Order of the plugins")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response:
    wanted = BrowseRequest.of(text=q, category=category, tags=tag or (), sort=sort, limit=limit)
    browse: BrowsePlugins = request.app.state.browse
    page = await browse.execute(wanted, cursor=cursor)
    return _response(request, page)


def _response(request: Request, page: BrowsePage) -> Response:
    body = _body(page)
    etag = body_etag(body)
    headers = {**(_DEGRADED_HEADERS if page.degraded else _CACHING.headers()), "etag": etag}
    if page.next_cursor is not None:
        pairs = [pair for pair in request.query_params.multi_items() if pair[0] != "cursor"]
        query = urlencode([*pairs, ("cursor", page.next_cursor)])
        headers["link"] = f'<{request.url.path}?{query}>; rel="next"'
    if is_unmodified(request.headers, etag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=MEDIA_TYPE)


def _body(page: BrowsePage) -> bytes:
    """Put the answer together around the summaries' stored bytes."""
    rest = msgspec.json.encode(
        {
            "next_cursor": page.next_cursor,
            "total": page.total,
            "facets": {"categories": page.categories, "tags": page.tags},
            "degraded": page.degraded,
        }
    )
    return b'{"items":[' + b",".join(page.items) + b"]," + rest[1:]
