"""List and search plugins."""

from collections.abc import Sequence
from dataclasses import dataclass

from prometheus_client import Counter

from catalog.domain.browse import BrowseRequest, Engine, FacetValue, FoundPage, position_of
from catalog.storage.browse_fallback import find_listed_page
from catalog.storage.search import PluginSearch
from chassis.db import Database
from chassis.errors import ServiceUnavailableError

BROWSED = Counter("browse_answers_total", "Listings answered", ("engine",))


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowsePage:
    """One page of a listing.

    Parameters
    ----------
    items
        PluginSummary documents as JSON bytes, in order.
    next_cursor
        For the next page; None on the last.
    total
        Plugins that fit, at most `catalog.domain.browse.TOTAL_LIMIT`.
    categories, tags
        Facets, most frequent first.
    degraded
        Whether the database answered in place of the search engine: no typos, simpler ranking.
    """

    items: Sequence[bytes]
    next_cursor: str | None
    total: int
    categories: Sequence[FacetValue]
    tags: Sequence[FacetValue]
    degraded: bool


class BrowsePlugins:
    """Asks the search engine, and the database where that does not answer.

    Parameters
    ----------
    database
        Holds the catalog's tables.
    search
        The search engine.
    """

    def __init__(self, *, database: Database, search: PluginSearch) -> None:
        self._database = database
        self._search = search

    async def execute(self, request: BrowseRequest, *, cursor: str | None) -> BrowsePage:
        """Give the page that follows the cursor, the first one without.

        Raises
        ------
        CursorInvalidError
            The cursor belongs to another listing.
        ServiceUnavailableError
            Neither engine answers; a retry is safe.
        """
        after = position_of(request, cursor) if cursor is not None else None
        # A listing by relevance that the database began stays there, though the search engine be back: so it starts
        # afresh once at most, however often the engine comes and goes.
        if after is None or after.is_known_to(Engine.SEARCH, request):
            try:
                return _page(request, await self._search.find_page(request, after), Engine.SEARCH)
            except ServiceUnavailableError:
                pass
        if after is not None and not after.is_known_to(Engine.DATABASE, request):
            after = None
        async with self._database.read() as connection:
            found = await find_listed_page(connection, request, after=after)
        return _page(request, found, Engine.DATABASE)


def _page(request: BrowseRequest, found: FoundPage, engine: Engine) -> BrowsePage:
    BROWSED.labels(engine).inc()
    return BrowsePage(
        items=found.items,
        next_cursor=found.end.cursor(request) if found.end is not None else None,
        total=found.total,
        categories=found.categories,
        tags=found.tags,
        degraded=engine is Engine.DATABASE,
    )
