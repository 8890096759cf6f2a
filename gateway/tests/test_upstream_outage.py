from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response

from gateway import routes
from gateway_stand_ins.platform import Platform
from gateway_stand_ins.running import free_port, running, service_server
from gateway_stand_ins.service import StandInService
from testkit.waiting import eventually

StartPlatform = Callable[..., Awaitable[Platform]]
PATH = "/api/v1/user/plugins"


async def platform_without_installs(start_platform: StartPlatform, port: int) -> Platform:
    probe = await start_platform()
    return await start_platform(upstream_urls={**probe.options.upstream_urls, "installs": f"http://127.0.0.1:{port}"})


def assert_unavailable(answer: httpx.Response) -> None:
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "service_unavailable"
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
async def test_a_service_that_is_away_is_a_503_problem(start_platform: StartPlatform, method: str) -> None:
    platform = await platform_without_installs(start_platform, free_port())
    assert_unavailable(await platform.client.request(method, PATH))


async def test_it_is_asked_again_soon_after_it_is_back(
    start_platform: StartPlatform, start_service: Callable[..., Awaitable[StandInService]]
) -> None:
    port = free_port()
    platform = await platform_without_installs(start_platform, port)
    for _ in range(20):
        assert_unavailable(await platform.client.get(PATH))
    service = await start_service(port)
    service.reply(PATH, "[]")

    async def works() -> bool:
        return (await platform.client.get(PATH)).status_code == 200

    await eventually(works, timeout_seconds=5)
    answers = await asyncio.gather(*(platform.client.get(PATH) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}


async def test_other_services_are_not_touched_by_an_outage(start_platform: StartPlatform) -> None:
    platform = await platform_without_installs(start_platform, free_port())
    for _ in range(10):
        await platform.client.get(PATH)
    platform.auth.reply("/api/v1/auth/me", "{}")
    assert (await platform.client.get("/api/v1/auth/me")).status_code == 200


@pytest.mark.parametrize("status", [500, 502, 504])
async def test_a_fault_without_a_problem_becomes_one(steady: Platform, status: int) -> None:
    steady.installs.reply(PATH, "Internal Server Error", status=status)
    assert_unavailable(await steady.client.get(PATH))


async def test_the_services_own_problem_goes_on(steady: Platform) -> None:
    body = b'{"code":"service_unavailable","remedy":"mine"}'
    steady.installs.reply(
        PATH, body, status=503, headers={"content-type": "application/problem+json", "retry-after": "9"}
    )
    answer = await steady.client.get(PATH)
    assert (answer.status_code, answer.content, answer.headers["retry-after"]) == (503, body, "9")


async def test_a_service_that_does_not_answer_in_time_is_a_503(
    start_platform: StartPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = tuple(replace(row, timeout_seconds=0.2) for row in routes.build_routes(upload_limit_bytes=1))
    monkeypatch.setattr("gateway.assembly.build_routes", lambda **_: quick)
    platform = await start_platform()
    released = asyncio.Event()

    async def hang(_request: Request) -> Response:
        await released.wait()
        return Response("late")

    platform.installs.on(PATH, hang)
    assert_unavailable(await platform.client.get(PATH))
    released.set()


async def test_a_service_that_says_nonsense_is_a_503(start_platform: StartPlatform) -> None:
    async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"\x00\x01 nonsense\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(nonsense, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    platform = await platform_without_installs(start_platform, port)
    assert_unavailable(await platform.client.get(PATH))
    server.close()


async def test_a_service_that_breaks_off_early_is_a_503_and_late_an_incomplete_answer(
    start_platform: StartPlatform,
) -> None:
    lengths = iter([100, 1_000_000])

    async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\nonly this" % next(lengths))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(break_off, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    platform = await platform_without_installs(start_platform, port)
    assert_unavailable(await platform.client.get(PATH))
    with pytest.raises(httpx.RemoteProtocolError, match="closed"):
        await platform.client.get(PATH)
    server.close()


async def test_a_change_does_not_fail_because_the_service_has_restarted(start_platform: StartPlatform) -> None:
    port = free_port()
    platform = await platform_without_installs(start_platform, port)
    service = StandInService()
    service.reply(PATH, "[]")
    for _ in range(3):
        async with running(service_server(service), port):
            answers = await asyncio.gather(*(platform.client.post(PATH, json={}) for _ in range(5)))
            assert {answer.status_code for answer in answers} == {200}


async def test_a_fault_of_our_own_is_a_500_problem(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.proxy.open_body", None)
    answer = await platform.client.get(PATH)
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal_error"
    assert "Traceback" not in answer.text
    assert "NoneType" not in answer.text


async def test_a_redirect_of_a_service_is_passed_on_and_not_followed(steady: Platform) -> None:
    steady.installs.reply(PATH, status=307, headers={"location": "/api/v1/elsewhere"})
    answer = await steady.client.get(PATH)
    assert (answer.status_code, answer.headers["location"]) == (307, "/api/v1/elsewhere")
    assert len(steady.installs.seen) == 1
