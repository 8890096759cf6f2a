"""The search engine away, slow or wrong: the database answers, and says so."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from catalog.storage.search_breaker import FAILURES_TO_OPEN, OPEN_SECONDS, Breaker

pytestmark = pytest.mark.usefixtures("shelf_in_tables")


async def get(client: httpx.AsyncClient, **parameters: Any) -> dict[str, Any]:
    answer = await client.get("/plugins", params=parameters)
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json()
    return content


@asynccontextmanager
async def pretender(answer: bytes | None) -> AsyncIterator[str]:
    """A server that gives every request this answer, or none."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if answer is None:
            await reader.read()
        else:
            writer.write(answer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def response(status: str, body: bytes) -> bytes:
    return b"HTTP/1.1 %s\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s" % (status.encode(), len(body), body)


async def test_an_answer_of_the_database_says_so_and_is_kept_shortly(degraded: httpx.AsyncClient) -> None:
    answer = await degraded.get("/plugins", params={"q": "chart"})
    assert answer.json()["degraded"] is True
    assert "=5" in answer.headers["cache-control"]
    assert "stale" not in answer.headers["cache-control"]
    assert answer.headers["cache-groups"] == '"plugins"'


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("chart.js", "chart-js"),
        ("chartjs", "chart-js"),
        ("MARKED", "marked"),
        ("mark", "markdown-it"),
        ("code mirror", "code-mirror"),
        ("rich text", "quill"),
        ("图表大师", "tuzhang"),
        ("haverbeke", "code-mirror"),
    ],
)
async def test_the_database_finds_the_name_first(degraded: httpx.AsyncClient, query: str, first: str) -> None:
    assert [item["id"] for item in (await get(degraded, q=query))["items"]][:1] == [first]


async def test_drafts_and_suspended_plugins_are_not_listed(degraded: httpx.AsyncClient) -> None:
    ids = {item["id"] for item in (await get(degraded, limit=100))["items"]}
    assert not ids & {"draft-chart", "suspended-chart"}


@pytest.mark.parametrize("query", ["%", "_", "\\", "100%", "a_b"])
async def test_wildcards_of_like_are_plain_characters(degraded: httpx.AsyncClient, query: str) -> None:
    assert (await get(degraded, q=query))["items"] == []


@pytest.mark.parametrize("sort", ["popularity", "rating", "recent"])
async def test_a_listing_goes_on_when_the_engine_fails_and_when_it_returns(
    client: httpx.AsyncClient, degraded: httpx.AsyncClient, sort: str
) -> None:
    whole = [item["id"] for item in (await get(client, sort=sort, limit=100))["items"]]
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for engine in (client, degraded, client, degraded, client):
        page = await get(engine, sort=sort, limit=5, **cursor)
        seen += [item["id"] for item in page["items"]]
        cursor = {"cursor": page["next_cursor"]}
    assert seen == whole[:25]


async def test_a_listing_by_relevance_starts_afresh_in_the_database(
    client: httpx.AsyncClient, degraded: httpx.AsyncClient
) -> None:
    first = await get(client, q="editor", limit=2)
    afresh = await get(degraded, q="editor", limit=2, cursor=first["next_cursor"])
    assert afresh["items"] == (await get(degraded, q="editor", limit=2))["items"]


async def test_a_listing_by_relevance_ends_however_often_the_engine_comes_and_goes(
    client: httpx.AsyncClient, degraded: httpx.AsyncClient
) -> None:
    whole = [item["id"] for item in (await get(degraded, q="editor", limit=100))["items"]]
    page = await get(client, q="editor", limit=1)
    seen: list[str] = []
    while page["next_cursor"] is not None:
        assert len(seen) < len(whole), "it goes round in circles"
        page = await get((degraded, client)[len(seen) % 2], q="editor", limit=1, cursor=page["next_cursor"])
        seen += [item["id"] for item in page["items"]]
    assert seen == whole


@pytest.mark.parametrize(
    "answer",
    [
        response("503 Service Unavailable", b"{}"),
        response("429 Too Many Requests", b"{}"),
        response("404 Not Found", b'{"error":{"type":"index_not_found_exception"}}'),
        response("400 Bad Request", b'{"error":"parsing_exception"}'),
        response("200 OK", b"<html>a proxy says hello</html>"),
        response("200 OK", b'{"took":1}'),
        response("200 OK", b""),
        b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{",
        b"\x00\x01\x02",
        b"",
    ],
    ids=["503", "429", "no index", "400", "HTML", "other JSON", "empty", "cut off", "no HTTP", "closed"],
)
async def test_whatever_the_engine_says_wrong_the_database_answers(
    browsing_at: Callable[..., Any], answer: bytes
) -> None:
    async with pretender(answer) as url, browsing_at(url, "plugins") as client:
        page = await get(client, q="chart")
    assert page["degraded"] is True
    assert page["items"]


async def test_results_that_the_engine_cut_short_are_not_shown(browsing_at: Callable[..., Any]) -> None:
    partial = (
        b'{"timed_out":true,"hits":{"total":{"value":0},"hits":[]},"aggregations":{"categories":{"buckets":[]},'
        b'"tags":{"values":{"buckets":[]}}}}'
    )
    async with pretender(response("200 OK", partial)) as url, browsing_at(url, "plugins") as client:
        assert (await get(client, q="chart"))["degraded"] is True


async def test_an_engine_that_hangs_delays_the_answer_by_its_time_out_at_most(browsing_at: Callable[..., Any]) -> None:
    async with pretender(None) as url, browsing_at(url, "plugins", timeout_seconds=0.3) as client:
        started = time.monotonic()
        assert (await get(client, q="chart"))["degraded"] is True
        assert 0.3 <= time.monotonic() - started < 2.0
        for _ in range(FAILURES_TO_OPEN):
            await get(client, q="chart")
        started = time.monotonic()
        assert (await get(client, q="chart"))["degraded"] is True
        assert time.monotonic() - started < 0.3, "after a few failures it is not asked"


async def test_a_missing_index_is_answered_by_the_database(
    browsing_at: Callable[..., Any], opensearch_url: str, index_prefix: str
) -> None:
    async with browsing_at(opensearch_url, f"{index_prefix}never-made") as client:
        assert (await get(client))["degraded"] is True


def test_the_breaker_lets_one_probe_pass_at_a_time() -> None:
    now_seconds = 100.0
    breaker = Breaker(now_seconds=lambda: now_seconds)
    for _ in range(FAILURES_TO_OPEN):
        assert breaker.permits()
        breaker.note_failure()
    assert not breaker.permits()
    now_seconds += OPEN_SECONDS
    assert breaker.permits()
    assert not breaker.permits(), "the probe is under way"
    breaker.note_success()
    assert breaker.permits()
