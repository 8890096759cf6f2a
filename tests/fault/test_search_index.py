"""The index deleted, rebuilt and its engine paused under load: every search is answered, and answered whole."""

import asyncio
import os
import re
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import httpx
import pytest

from contracts.search_index import index_name
from testkit.faults.figures import Figures
from testkit.faults.load import Load, Tally
from testkit.faults.stack import FaultStack
from testkit.faults.truth import Truth
from testkit.people import API
from testkit.waiting import eventually

from .conftest import Size
from .search_shop import TAG, SearchTraffic, Shop
from .settling import SETTLE_SECONDS, outboxes_are_empty, search_agrees

LONGEST_SECONDS = 5.0
"""For any answer while the engine hangs: its client's 0.8 s, and a busy machine."""


@pytest.fixture
async def shop(truth: Truth, size: Size) -> Shop:
    """Listed plugins, all of them in the index."""
    shop = Shop(truth, 5_000 if size.full else 300)
    await shop.open()
    await outboxes_are_empty(truth)
    await search_agrees(truth)
    return shop


@pytest.fixture
async def engine(stack: FaultStack) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=stack.opensearch.url, timeout=30) as engine:
        yield engine


@pytest.fixture
def traffic(client: aiohttp.ClientSession, shop: Shop) -> SearchTraffic:
    return SearchTraffic(client, shop.plugins)


@pytest.fixture
def alias(stack: FaultStack) -> str:
    return stack.environment("search_indexer")["SEARCH_ALIAS"]


async def index_read(engine: httpx.AsyncClient, alias: str) -> str | None:
    """Give the index that readers use."""
    answer = await engine.get(f"/_alias/{alias}")
    return next(iter(answer.json())) if answer.status_code == 200 else None


async def run_indexer(stack: FaultStack, role: str, *arguments: str) -> tuple[int | None, str]:
    environment = {**os.environ, **stack.environment("search_indexer")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "search_indexer", role, *arguments, env=environment, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await asyncio.wait_for(process.communicate(), 120)
    return process.returncode, said.decode()


async def nothing_differs(stack: FaultStack, truth: Truth, engine: httpx.AsyncClient, alias: str) -> float:
    """Wait until the index is PostgreSQL's picture, have the program say the same; returns the seconds."""
    await outboxes_are_empty(truth)
    seconds = await search_agrees(truth)
    _, said = await run_indexer(stack, "verify")
    # What another test poisoned is no document, and stays missing.
    assert "documents in the index" in said
    assert not re.search(r"\b(shop|p)-", said), said
    indices = (await engine.get("/_cat/indices", params={"format": "json"})).json()
    assert all(row["index"].startswith(f"{index_name(alias)}-") for row in indices), (
        "no write made an index by accident"
    )
    return seconds


def note(figures: Figures, fault: str, traffic: SearchTraffic, tally: Tally) -> None:
    figures.add(fault, "searches and other reads answered", f"{tally.accepted} of {tally.total}", "all")
    figures.add(fault, "searches that missed something", len(traffic.incomplete), "0")
    figures.add(fault, "answered by the database", traffic.degraded)
    figures.add(fault, "answered by a cache", traffic.from_cache)
    figures.add(fault, "longest answer, s", tally.longest_seconds, f"<= {LONGEST_SECONDS:.0f}")
    assert tally.statuses.keys() == {200}, tally.wrong
    assert traffic.incomplete == []
    assert traffic.from_cache < traffic.searches / 4, "what a cache answers says nothing"
    assert tally.longest_seconds <= LONGEST_SECONDS


def refusals(stack: FaultStack) -> int:
    """Count searches that the engine refused; those it was too slow for are another matter on a busy machine."""
    return stack.platform.log("catalog-serve").read_text().count("search_refused")


async def test_a_deleted_index_comes_back_and_no_search_notices(
    stack: FaultStack,
    truth: Truth,
    shop: Shop,
    traffic: SearchTraffic,
    engine: httpx.AsyncClient,
    alias: str,
    size: Size,
    figures: Figures,
) -> None:
    former = await index_read(engine, alias)
    async with shop.changing(), Load(traffic, per_second=size.writes_per_second / 2) as load:
        await eventually(lambda: traffic.searches > 20, saying="searches flow")
        (await engine.delete(f"/{former}")).raise_for_status()
        deleted_at = time.monotonic()
        await eventually(lambda: index_read(engine, alias), SETTLE_SECONDS, saying="readers have an index again")
        back_seconds = time.monotonic() - deleted_at
        before = traffic.searches - traffic.degraded
        await eventually(lambda: traffic.searches - traffic.degraded > before + 20, SETTLE_SECONDS, saying="it is used")
    await nothing_differs(stack, truth, engine, alias)
    fault = f"index of {shop.plugins:,} deleted"
    figures.add(fault, "readers have a full one again after, s", back_seconds, "by itself")
    figures.add(fault, "documents changed meanwhile", shop.changes)
    note(figures, fault, traffic, load.tally)


async def test_a_rebuild_shows_nowhere_and_cursors_go_on(
    stack: FaultStack,
    truth: Truth,
    shop: Shop,
    client: aiohttp.ClientSession,
    traffic: SearchTraffic,
    engine: httpx.AsyncClient,
    alias: str,
    size: Size,
    figures: Figures,
) -> None:
    former = await index_read(engine, alias)
    refused_before = refusals(stack)
    popular, relevant = Walk(client, sort="popularity"), Walk(client, q="made test searches")
    async with shop.changing(), Load(traffic, per_second=size.writes_per_second / 2) as load:
        await popular.take(shop.plugins // 2)
        await relevant.take(shop.plugins // 2)
        code, said = await run_indexer(stack, "rebuild")
        assert code == 0, said
        assert await index_read(engine, alias) not in {None, former}
        await popular.take(shop.plugins)
        await relevant.take(shop.plugins)
    assert popular.seen == [f"shop-{number}" for number in range(shop.plugins, 0, -1)]
    assert len(set(relevant.seen)) >= 0.9 * shop.plugins, "each index has a relevance of its own, a little"
    if size.full:

        async def former_is_gone() -> bool:
            return (await engine.get(f"/{former}")).status_code == 404

        await eventually(former_is_gone, SETTLE_SECONDS, saying="the former index is removed")
    await nothing_differs(stack, truth, engine, alias)
    fault = f"index of {shop.plugins:,} rebuilt"
    figures.add(fault, "documents changed meanwhile", shop.changes)
    figures.add(fault, "what the command said last", said.splitlines()[-1])
    note(figures, fault, traffic, load.tally)
    assert refusals(stack) == refused_before


async def test_an_engine_that_hangs_slows_a_search_and_fails_none_and_the_index_catches_up(
    stack: FaultStack,
    truth: Truth,
    shop: Shop,
    traffic: SearchTraffic,
    engine: httpx.AsyncClient,
    alias: str,
    size: Size,
    figures: Figures,
) -> None:
    async with shop.changing(), Load(traffic, per_second=size.writes_per_second / 2) as load:
        await eventually(lambda: traffic.searches > 20, saying="searches flow")
        stack.pause_server("opensearch")
        try:
            await eventually(lambda: not stack.platform.is_ready("search-indexer"), saying="the worker says so")
            await eventually(lambda: traffic.degraded > 20, SETTLE_SECONDS, saying="the database answers")
            await asyncio.sleep(size.outage_seconds / 2)  # the length of the outage is what is tested
        finally:
            stack.resume_server("opensearch")
        before = traffic.searches - traffic.degraded
        await eventually(lambda: traffic.searches - traffic.degraded > before + 20, SETTLE_SECONDS, saying="it is used")
        await stack.until_ready()
    catch_up_seconds = await nothing_differs(stack, truth, engine, alias)
    fault = f"OpenSearch paused for {size.outage_seconds / 2:.0f} s"
    figures.add(fault, "documents changed meanwhile", shop.changes)
    figures.add(fault, "index complete after the load, s", catch_up_seconds, "by itself")
    note(figures, fault, traffic, load.tally)


class Walk:
    """A listing of the shop, page by page."""

    def __init__(self, client: aiohttp.ClientSession, **query: str) -> None:
        self._client = client
        self._query = {**query, "tag": TAG, "limit": "50"}
        self._cursor: dict[str, str] | None = {}
        self.seen: list[str] = []

    async def take(self, until: int) -> None:
        """Go on until so many were seen, or to the end."""
        while self._cursor is not None and len(self.seen) < until:
            async with self._client.get(f"{API}/plugins", params={**self._query, **self._cursor}) as response:
                assert response.status == 200, await response.text()
                page: dict[str, Any] = await response.json()
            self.seen += [item["id"] for item in page["items"]]
            assert len(self.seen) <= until + 50, "it goes round in circles"
            self._cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else None
