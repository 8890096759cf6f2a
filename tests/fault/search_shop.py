"""Many listed plugins whose documents keep changing, and searches of which each says whether it was whole."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

import aiohttp

from testkit.faults.load import Answer, send
from testkit.faults.truth import Truth
from testkit.people import API

TAG = "search-faults"
CHANGES_PER_SECOND = 10

_OTHERS = 0.2
_WHOLE = 0.2
"""Parts of the traffic: other reads, and searches that have to find every plugin."""

_INSERT = (
    "INSERT INTO catalog.plugins (id, name, description, author_id, author_name, category, tags, status,"
    " latest_version, published_at, updated_at, source_sequence, install_count, rating_sum, rating_count,"
    " counts_dirty_at)"
    " SELECT 'shop-' || n, 'Zyqva' || n, 'Made for a test of searches.', gen_random_uuid(), 'Ann', 'utilities',"
    " ARRAY[%s], 'published', '1.0.0', now(), now(), 1, n, 0, 0, clock_timestamp() FROM generate_series(1, %s) AS n"
    " ON CONFLICT DO NOTHING RETURNING id"
)
_CHANGE = (
    "UPDATE catalog.plugins SET rating_sum = rating_sum + 4, rating_count = rating_count + 1,"
    " counts_dirty_at = clock_timestamp() WHERE id = %s RETURNING id"
)


@dataclass
class Shop:
    """Plugins in the catalog's tables, of which catalog emits documents by itself.

    Parameters
    ----------
    truth
        The database.
    plugins
        How many.
    """

    truth: Truth
    plugins: int
    changes: int = 0

    async def open(self) -> None:
        """Put them in; safe to repeat."""
        await self.truth.rows(_INSERT, TAG, self.plugins)

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[None]:
        """Change documents while the block runs."""

        async def change() -> None:
            while True:
                await self.truth.rows(_CHANGE, f"shop-{random.randint(1, self.plugins)}")
                self.changes += 1
                await asyncio.sleep(1 / CHANGES_PER_SECOND)

        task = asyncio.create_task(change())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@dataclass
class SearchTraffic:
    """Operations for a `Load`: searches for a name and for all plugins, hardly two alike, and other reads.

    Parameters
    ----------
    client
        From `open_client`.
    plugins
        How many the shop has.
    """

    client: aiohttp.ClientSession
    plugins: int
    searches: int = 0
    degraded: int = 0
    from_cache: int = 0
    incomplete: list[str] = field(default_factory=list)
    """Searches that did not find what there was."""

    async def __call__(self) -> Answer:
        """Do one operation."""
        number, choice = random.randint(1, self.plugins), random.random()
        if choice < _OTHERS:
            return await send(
                self.client, "GET", API + random.choice(("/plugins/categories", f"/plugins/shop-{number}"))
            )
        if choice < _OTHERS + _WHOLE:
            return await self._search("made test searches", None)
        return await self._search(f"zyqva{number}", f"shop-{number}")

    async def _search(self, text: str, wanted: str | None) -> Answer:
        # Capitals mean nothing to a search, and make another address to a cache.
        query = {"q": "".join(random.choice((each.lower(), each.upper())) for each in text), "tag": TAG}
        path = f"{API}/plugins?{urlencode({**query, 'limit': random.randint(1, 50)})}"
        try:
            async with self.client.get(path) as response:
                body = await response.text()
                self.from_cache += response.headers.get("x-cache") not in {"miss", "bypass"}
                answer = Answer(response.status, body, response.headers.get("retry-after"))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return Answer(status=0, text=repr(error))
        if answer.is_accepted:
            self.searches += 1
            page = answer.json()
            self.degraded += page["degraded"]
            is_whole = page["total"] == self.plugins if wanted is None else page["items"][0]["id"] == wanted
            if not is_whole:
                self.incomplete.append(f"{path}: total {page['total']}, degraded {page['degraded']}")
        return answer
