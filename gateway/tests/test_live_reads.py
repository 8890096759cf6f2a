from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gateway_stand_ins.platform import Platform
from testkit.waiting import eventually

PATH = "/api/v1/changes"


class Feed:
    """Streams what a test puts in, and notes when its reader has gone."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[bytes] = asyncio.Queue()
        self.open = 0
        self.opened = 0

    async def handler(self, _request: Request) -> Response:
        headers = {"content-type": "text/event-stream", "cache-control": "no-store"}
        return StreamingResponse(self._pieces(), headers=headers)

    async def _pieces(self) -> AsyncIterator[bytes]:
        self.open += 1
        self.opened += 1
        try:
            yield b": begun\n\n"
            while True:
                yield await self.events.get()
        finally:
            self.open -= 1


@pytest.fixture
def feed(platform: Platform) -> Feed:
    feed = Feed()
    platform.catalog.on(PATH, feed.handler)
    return feed


async def test_events_pass_one_by_one_as_they_come(platform: Platform, feed: Feed) -> None:
    async with platform.client.stream("GET", PATH, headers={"accept": "text/event-stream"}) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/event-stream"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-cache"] == "bypass"
        assert answer.headers["x-accel-buffering"] == "no"
        assert "content-encoding" not in answer.headers
        pieces = answer.aiter_bytes()
        assert await anext(pieces) == b": begun\n\n"
        for number in range(20):
            await feed.events.put(b"data: %d\n\n" % number)
            async with asyncio.timeout(5):
                assert await anext(pieces) == b"data: %d\n\n" % number


async def test_the_service_sees_what_shapes_the_answer_and_nobodys_session(
    platform: Platform, sign_in: Callable[..., Awaitable[str]], new_session: Callable[[], str]
) -> None:
    platform.catalog.reply(PATH, '{"changes":[],"cursor":"x"}', headers={"cache-control": "no-store"})
    headers = {
        "accept": "application/json",
        "accept-encoding": "gzip, br",
        "last-event-id": "an-id",
        "cookie": f"sid={await sign_in(new_session())}",
        "x-identity": "forged",
    }
    answer = await platform.client.get(f"{PATH}?since=now&wait=1", headers=headers)
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    seen = platform.catalog.last
    assert seen.target == f"{PATH}?since=now&wait=1"
    assert (seen.header("last-event-id"), seen.header("accept")) == ("an-id", "application/json")
    assert seen.header("accept-encoding") == "identity"
    assert seen.header("x-identity") is None
    assert seen.header("cookie") is None
    assert platform.auth.seen == []


async def test_nothing_is_cached_or_joined(platform: Platform) -> None:
    platform.catalog.reply(PATH, "{}", headers={"cache-control": "public, max-age=60"})
    await asyncio.gather(*(platform.client.get(PATH) for _ in range(3)))
    assert platform.catalog.calls(PATH) == 3


@pytest.mark.parametrize("begins", [True, False])
async def test_the_service_is_left_as_soon_as_the_client_leaves(platform: Platform, feed: Feed, begins: bool) -> None:
    gone = asyncio.Event()

    async def wait(request: Request) -> Response:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        gone.set()
        return Response()

    if not begins:
        platform.catalog.on(PATH, wait)
    async with httpx.AsyncClient(base_url=platform.url, timeout=20) as client:
        reading = asyncio.create_task(client.get(PATH))
        await platform.catalog.wait_for_calls(PATH, 1)
        if begins:
            await eventually(lambda: feed.open == 1)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    if begins:
        await eventually(lambda: feed.open == 0, 5)
    else:
        async with asyncio.timeout(5):
            await gone.wait()


async def test_open_streams_take_no_place_from_other_reads(
    start_platform: Callable[..., Awaitable[Platform]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.assembly.MAX_LIVE", 3)
    platform = await start_platform()
    feed = Feed()
    platform.catalog.on(PATH, feed.handler)
    platform.catalog.reply("/api/v1/plugins", "[]")
    readers = [asyncio.create_task(platform.client.get(PATH)) for _ in range(3)]
    await eventually(lambda: feed.open == 3)
    refused = await platform.client.get(PATH)
    assert (refused.status_code, refused.json()["code"]) == (503, "service_unavailable")
    assert int(refused.headers["retry-after"]) >= 1
    assert (await platform.client.get("/api/v1/plugins")).status_code == 200
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
    await eventually(lambda: feed.open == 0)


async def test_a_stop_ends_streams_in_order_and_waits_for_no_poll(platform: Platform, feed: Feed) -> None:
    released = asyncio.Event()

    async def poll(request: Request) -> Response:
        if request.query_params.get("poll"):
            await released.wait()
            return Response("{}")
        return await feed.handler(request)

    platform.catalog.on(PATH, poll)
    streaming = asyncio.create_task(platform.client.get(PATH))
    polling = asyncio.create_task(platform.client.get(f"{PATH}?poll=1"))
    await eventually(lambda: feed.open == 1 and platform.catalog.calls(PATH) == 2)
    began_at = time.monotonic()
    platform.stop()
    assert (await streaming).content == b": begun\n\n", "complete, so the client comes back where it was"
    refused = await polling
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert time.monotonic() - began_at < 3
    released.set()
