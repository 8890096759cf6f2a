"""Sorts, pages, filters, facets and caching; the same from both engines."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx
import pytest

from catalog.domain.browse import BrowseRequest, Engine, Position
from chassis.cursors import encode_cursor
from contracts.events.documents import PluginDocument
from contracts.search_index import rating_rank

SORTS = ["popularity", "rating", "recent"]


@pytest.fixture(params=["search engine", "database"])
def listing(request: pytest.FixtureRequest) -> httpx.AsyncClient:
    """The API, answered by one engine or the other."""
    if request.param == "database":
        request.getfixturevalue("shelf_in_tables")
        return request.getfixturevalue("degraded")  # type: ignore[no-any-return]
    return request.getfixturevalue("client")  # type: ignore[no-any-return]


async def get(client: httpx.AsyncClient, **parameters: Any) -> dict[str, Any]:
    answer = await client.get("/plugins", params=parameters)
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json()
    return content


async def walk(client: httpx.AsyncClient, **parameters: Any) -> list[list[str]]:
    """Follow the cursors to the end; the ids of each page."""
    pages: list[list[str]] = []
    cursor: dict[str, str] = {}
    while True:
        page = await get(client, **parameters, **cursor)
        pages.append([item["id"] for item in page["items"]])
        if page["next_cursor"] is None:
            return pages
        cursor = {"cursor": page["next_cursor"]}
        assert len(pages) < 100, "the listing does not end"


def sort_key(sort: str) -> Callable[[PluginDocument], tuple[float, str]]:
    keys: dict[str, Callable[[PluginDocument], float]] = {
        "popularity": lambda plugin: plugin.install_count,
        "rating": lambda plugin: rating_rank(
            stars=round(plugin.rating_average * plugin.rating_count), count=plugin.rating_count
        ),
        "recent": lambda plugin: plugin.updated_at.timestamp(),
    }
    return lambda plugin: (-keys[sort](plugin), plugin.plugin_id)


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("limit", [1, 4, 27, 100])
async def test_every_sort_gives_every_plugin_once_in_order(
    listing: httpx.AsyncClient, shelf: list[PluginDocument], sort: str, limit: int
) -> None:
    pages = await walk(listing, sort=sort, limit=limit)
    assert [plugin_id for page in pages for plugin_id in page] == [
        plugin.plugin_id for plugin in sorted(shelf, key=sort_key(sort))
    ]
    assert all(len(page) == limit for page in pages[:-1])
    assert pages[-1], "no page is empty"


@pytest.mark.parametrize("limit", [1, 2, 5])
@pytest.mark.parametrize("query", ["chart", "editor", "data", "markdown parser"])
async def test_a_listing_by_relevance_is_the_same_in_any_pages(
    listing: httpx.AsyncClient, query: str, limit: int
) -> None:
    whole = await get(listing, q=query, limit=100)
    pages = await walk(listing, q=query, limit=limit)
    assert [plugin_id for page in pages for plugin_id in page] == [item["id"] for item in whole["items"]]
    assert len(whole["items"]) == whole["total"] > 0


async def test_without_a_query_the_most_installed_come_first(listing: httpx.AsyncClient) -> None:
    assert [item["id"] for item in (await get(listing, limit=3))["items"]] == ["lodash", "better-charts", "date-fns"]
    assert await get(listing, limit=3) == await get(listing, limit=3, sort="relevance")


async def test_one_enthusiast_does_not_outrank_a_hundred(listing: httpx.AsyncClient) -> None:
    rated = [item["id"] for item in (await get(listing, sort="rating", limit=100))["items"]]
    assert rated[0] == "leaflet"
    assert rated.index("chart-js") < rated.index("chart-lite") < rated.index("unrated-new")
    assert rated[-1] == "better-charts"


async def test_a_summary_says_what_is_documented(listing: httpx.AsyncClient, shelf: list[PluginDocument]) -> None:
    [found] = (await get(listing, q="d3-scale", limit=1))["items"]
    [expected] = [plugin for plugin in shelf if plugin.plugin_id == "d3-scale"]
    assert datetime.fromisoformat(found.pop("published_at")) == expected.published_at
    assert datetime.fromisoformat(found.pop("updated_at")) == expected.updated_at
    assert found == {
        "id": "d3-scale",
        "name": "d3-scale",
        "description": "Encodings that map abstract data to visual representation.",
        "author": {"id": str(expected.author.id), "name": "Mike Bostock"},
        "category": "visualization",
        "tags": ["scale", "d3"],
        "icon_url": None,
        "latest_version": "1.0.0",
        "rating": {"average": 4.5, "count": 40},
        "install_count": 800_000,
    }


async def test_category_and_tags_combine(listing: httpx.AsyncClient) -> None:
    page = await get(listing, category="editing", tag=["editor", "rich-text"])
    assert [item["id"] for item in page["items"]] == ["quill", "prosemirror"]
    assert page["total"] == 2


async def test_filters_combine_with_a_query(listing: httpx.AsyncClient) -> None:
    page = await get(listing, q="editor", category="editing", tag="Code")
    assert {item["id"] for item in page["items"]} == {"code-mirror", "monaco-editor"}


async def test_a_tag_that_nothing_has_leaves_nothing(listing: httpx.AsyncClient) -> None:
    page = await get(listing, tag=["editor", "no-such-tag"])
    assert (page["items"], page["total"], page["next_cursor"]) == ([], 0, None)
    assert page["facets"] == {"categories": [], "tags": []}


async def test_facets_count_everything_that_fits(listing: httpx.AsyncClient, shelf: list[PluginDocument]) -> None:
    page = await get(listing, limit=1)
    facets = page["facets"]
    assert page["total"] == len(shelf)
    assert {facet["value"]: facet["count"] for facet in facets["categories"]} == Counter(
        plugin.category for plugin in shelf
    )
    tags = Counter(tag for plugin in shelf for tag in plugin.tags)
    assert all(tags[facet["value"]] == facet["count"] for facet in facets["tags"])
    assert len(facets["tags"]) == 30
    for facet in (facets["categories"], facets["tags"]):
        assert facet == sorted(facet, key=lambda entry: (-entry["count"], entry["value"]))


async def test_the_category_facet_shows_the_other_categories_too(listing: httpx.AsyncClient) -> None:
    page = await get(listing, category="maps", tag="tiles")
    assert {facet["value"]: facet["count"] for facet in page["facets"]["categories"]} == {"maps": 2}
    page = await get(listing, category="maps")
    counts = {facet["value"]: facet["count"] for facet in page["facets"]["categories"]}
    assert counts["maps"] == 3
    assert counts["editing"] == 4
    assert {facet["value"] for facet in page["facets"]["tags"]} <= {
        "map", "tiles", "mobile", "gis", "geo", "geometry"
    }  # fmt: skip


async def test_facets_are_those_of_the_whole_listing_on_every_page(listing: httpx.AsyncClient) -> None:
    first = await get(listing, limit=5)
    second = await get(listing, limit=5, cursor=first["next_cursor"])
    assert (second["facets"], second["total"]) == (first["facets"], first["total"])


async def test_a_cursor_goes_on_with_another_page_length(listing: httpx.AsyncClient) -> None:
    first = await get(listing, sort="recent", limit=3)
    rest = await get(listing, sort="recent", limit=100, cursor=first["next_cursor"])
    whole = await get(listing, sort="recent", limit=100)
    assert first["items"] + rest["items"] == whole["items"]


@pytest.mark.parametrize(
    "other",
    [{"sort": "rating"}, {"q": "chart"}, {"category": "maps"}, {"tag": "map"}],
)
async def test_a_cursor_of_another_listing_is_refused(listing: httpx.AsyncClient, other: dict[str, str]) -> None:
    cursor = (await get(listing, limit=2))["next_cursor"]
    answer = await listing.get("/plugins", params={**other, "cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid")
    assert "next_cursor" in answer.json()["remedy"]


FORGED = [
    ["search", 1, "x" * 65],
    ["search", 1, "../etc"],
    ["search", 1, 7],
    ["search", "1", "chart-js"],
    ["search", True, "chart-js"],
    ["search", None, "chart-js"],
    ["search", 1.5, "chart-js"],
    ["search", 2**63, "chart-js"],
    ["search", -(2**80), "chart-js"],
    ["search", {"a": 1}, "chart-js"],
    ["elsewhere", 1, "chart-js"],
    [None, 1, "chart-js"],
    [["search"], 1, "chart-js"],
    ["search", 1],
    [],
]


@pytest.mark.parametrize("position", FORGED, ids=str)
async def test_a_forged_cursor_is_refused(listing: httpx.AsyncClient, position: list[Any]) -> None:
    request = BrowseRequest.of(text=None, category=None, tags=(), sort=None, limit=20)
    answer = await listing.get("/plugins", params={"cursor": encode_cursor(request.listing, position)})
    assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid"), answer.text


@pytest.mark.parametrize("cursor", ["", "x", "AAAA", "!" * 40, "é", "a" * 2_000, "null"])
async def test_a_broken_cursor_is_refused(listing: httpx.AsyncClient, cursor: str) -> None:
    answer = await listing.get("/plugins", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid")


@pytest.mark.parametrize("key", [-1.5, 0, 1e15, -(2**53)])
async def test_a_score_that_no_plugin_has_is_a_position_like_any_other(client: httpx.AsyncClient, key: float) -> None:
    request = BrowseRequest.of(text="chart", category=None, tags=(), sort=None, limit=20)
    cursor = Position(Engine.SEARCH, key, "chart-js").cursor(request)
    answer = await client.get("/plugins", params={"q": "chart", "cursor": cursor})
    assert answer.status_code == 200
    assert answer.json()["degraded"] is False


async def test_the_link_header_leads_to_the_next_page(listing: httpx.AsyncClient) -> None:
    parameters = {"tag": ["editor"], "sort": "rating", "limit": "2"}
    first = await listing.get("/plugins", params=parameters)
    link = first.links["next"]["url"]
    assert link.startswith("/api/v1/plugins?")
    second = await listing.get(f"http://service.test{link}")
    assert second.status_code == 200
    assert "next" not in second.links
    ids = [item["id"] for page in (first, second) for item in page.json()["items"]]
    assert ids == ["code-mirror", "prosemirror", "quill", "monaco-editor"]


async def test_caches_may_keep_a_listing_until_its_group_is_purged(client: httpx.AsyncClient) -> None:
    answer = await client.get("/plugins", params={"q": "chart"})
    directives = answer.headers["cache-control"]
    assert "public" in directives
    assert "=300" in directives
    assert "stale-while-revalidate=30" in directives
    assert "stale-if-error=86400" in directives
    assert answer.headers["cache-groups"] == '"plugins"'
    again = await client.get("/plugins", params={"q": "chart"}, headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cache-groups"] == '"plugins"'
