"""What everybody may read: lists, details, bundles."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, cast

import httpx

from demo.api.caller import Answer, Caller
from demo.api.shapes import CategoryItem, PluginPage, PluginSummary, Review, VersionDetail


class BrowsingApi:
    """The public catalogue.

    Parameters
    ----------
    caller
        The person, who needs no session.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def search(self, **query: Any) -> PluginPage:  # noqa: ANN401 - query parameters of several types
        """Read one page: `q`, `category`, `tag`, `sort`, `limit`, `cursor`."""
        return cast("PluginPage", (await self._caller.call("GET", "/api/v1/plugins", query=query)).json())

    async def pages(self, **query: Any) -> AsyncIterator[PluginPage]:  # noqa: ANN401 - as `search`
        """Read every page by following the cursor to the end."""
        page = await self.search(**query)
        yield page
        while page["next_cursor"]:
            page = await self.search(**query, cursor=page["next_cursor"])
            yield page

    async def categories(self) -> list[CategoryItem]:
        """Read all categories with their numbers of plugins."""
        answer = await self._caller.call("GET", "/api/v1/plugins/categories")
        return cast("list[CategoryItem]", answer.json()["items"])

    async def find_plugin(self, plugin_id: str) -> PluginSummary | None:
        """Read one plugin; None where it is not published."""
        answer = await self._caller.call(
            "GET", f"/api/v1/plugins/{plugin_id}", expect=(httpx.codes.OK, httpx.codes.NOT_FOUND)
        )
        return cast("PluginSummary", answer.json()) if answer.status == httpx.codes.OK else None

    async def version(self, plugin_id: str, version: str) -> VersionDetail:
        """Read one published version."""
        answer = await self._caller.call("GET", f"/api/v1/plugins/{plugin_id}/versions/{version}")
        return cast("VersionDetail", answer.json())

    async def versions(self, plugin_id: str) -> list[VersionDetail]:
        """Read the published versions, newest first (one page)."""
        answer = await self._caller.call("GET", f"/api/v1/plugins/{plugin_id}/versions", query={"limit": 100})
        return cast("list[VersionDetail]", answer.json()["items"])

    async def reviews(self, plugin_id: str) -> list[Review]:
        """Read what users say (one page)."""
        answer = await self._caller.call("GET", f"/api/v1/plugins/{plugin_id}/reviews", query={"limit": 100})
        return cast("list[Review]", answer.json()["items"])

    async def download(self, address: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Fetch a bundle or source map by the address that a version states; 304 and 206 where headers ask for it."""
        return await self._caller.call(
            "GET",
            address,
            headers=headers,
            expect=(httpx.codes.OK, httpx.codes.PARTIAL_CONTENT, httpx.codes.NOT_MODIFIED),
        )
