"""A reader browses: categories, filters, sort orders, and every page by cursor to the end."""

from collections.abc import Callable

from demo.api.browsing import BrowsingApi
from demo.api.shapes import PluginPage, PluginSummary
from demo.errors import CheckFailedError
from demo.journey.stage import Stage
from demo.waiting import wait_for

_PAGE = 7
"""Small, so that there are many pages."""

_SETTLE_SECONDS = 120.0
_POLL_SECONDS = 0.5
_STEPS = 4
_SORTS = ("popularity", "rating", "recent")


async def browse(stage: Stage) -> None:
    """Walk through the catalogue as people do, and check that what is shown fits together.

    Raises
    ------
    CheckFailedError
        A filter let something else through, or a page repeated or lost a plugin.
    DidNotHappenError
        Facets, categories and lists did not come to agree.
    """
    reader = (await stage.people.join("Reader")).browsing
    with stage.steps.step("Browsing and filtering", _STEPS) as advance:
        await _read_all_pages(stage, reader)
        advance(1)
        await _filter_by_category(stage, reader)
        advance(1)
        await _filter_by_tag(stage, reader)
        advance(1)
        await _sort(stage, reader)
        advance(1)


async def _read_all_pages(stage: Stage, reader: BrowsingApi) -> None:
    expected = {plugin.id for plugin in stage.published}

    async def probe() -> int | None:
        pages = [page async for page in reader.pages(sort="recent", limit=_PAGE)]
        ids = [item["id"] for page in pages for item in page["items"]]
        # Somebody else may publish while the pages are read: then once more.
        return len(pages) if len(ids) == len(set(ids)) and expected <= set(ids) else None

    what = f"{len(expected)} plugins are listed once each on the pages of {_PAGE}"
    pages = await wait_for(probe, what=what, seconds=_SETTLE_SECONDS, interval_seconds=_POLL_SECONDS)
    stage.findings.count("pages read by cursor", pages)


async def _filter_by_category(stage: Stage, reader: BrowsingApi) -> None:
    async def probe() -> list[tuple[str, int]] | None:
        """Ask until facets, categories and lists say the same, which they do once all caches are purged."""
        facets = {facet["value"]: facet["count"] for facet in (await _whole(reader))["facets"]["categories"]}
        shelves = {shelf["id"]: shelf["plugin_count"] for shelf in await reader.categories()}
        totals = {name: (await _whole(reader, category=name))["total"] for name in facets}
        filled = {name: count for name, count in shelves.items() if count}
        return sorted(facets.items()) if facets == totals == filled else None

    what = "the categories, the facets and the filtered lists show the same numbers"
    shelves = await wait_for(probe, what=what, seconds=_SETTLE_SECONDS, interval_seconds=_POLL_SECONDS)
    for name, _ in shelves:
        page = await reader.search(category=name, limit=100)
        _check_all(page["items"], f"category {name}", _has_category(name))
    stage.findings.count("categories browsed", len(shelves))


async def _filter_by_tag(stage: Stage, reader: BrowsingApi) -> None:
    tags = [facet["value"] for facet in (await _whole(reader))["facets"]["tags"]][:10]
    for tag in tags:
        page = await reader.search(tag=tag, limit=100)
        _check_all(page["items"], f"tag {tag}", _has_tag(tag))
    stage.findings.count("tags browsed", len(tags))


async def _sort(stage: Stage, reader: BrowsingApi) -> None:
    for sort in _SORTS:
        await reader.search(sort=sort, limit=100)
    plugin = stage.published[0]
    found = await reader.search(q=plugin.name, sort="relevance", category=plugin.entry.category)
    _check_all(found["items"], "a search in a category", _has_category(plugin.entry.category))
    stage.findings.count("sort orders read", len(_SORTS) + 1)


async def _whole(reader: BrowsingApi, **query: str) -> PluginPage:
    """Read a page that the search engine answered, not the fallback for when it is away."""

    async def probe() -> PluginPage | None:
        page = await reader.search(limit=1, **query)
        return None if page["degraded"] else page

    return await wait_for(
        probe, what="the search engine answers", seconds=_SETTLE_SECONDS, interval_seconds=_POLL_SECONDS
    )


def _check_all(items: list[PluginSummary], where: str, fits: Callable[[PluginSummary], bool]) -> None:
    strangers = [item["id"] for item in items if not fits(item)]
    if strangers or not items:
        raise CheckFailedError(
            f"The list for {where} shows {', '.join(strangers) or 'nothing'}, which does not belong there.",
            remedy="See the search index: `make logs S=search-indexer`.",
        )


def _has_category(name: str) -> Callable[[PluginSummary], bool]:
    return lambda item: item["category"] == name


def _has_tag(tag: str) -> Callable[[PluginSummary], bool]:
    return lambda item: tag in item["tags"]
