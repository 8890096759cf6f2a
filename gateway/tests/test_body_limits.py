from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from gateway import body
from gateway.routes import JSON_BODY_BYTES
from gateway_stand_ins.platform import Platform
from gateway_stand_ins.raw_http import read_answer, send_raw

LOGIN = "/api/v1/auth/login"
UPLOAD = "/api/v1/developer/plugins/chart-kit/versions"


async def pieces(total: int, size: int = 65_536) -> AsyncIterator[bytes]:
    for start in range(0, total, size):
        yield b"x" * min(size, total - start)


@pytest.fixture
async def cookie(sign_in: Callable[..., Awaitable[str]], new_session: Callable[[], str]) -> dict[str, str]:
    return {"cookie": f"sid={await sign_in(new_session())}"}


async def test_a_body_at_the_limit_passes_and_one_byte_more_does_not(steady: Platform) -> None:
    steady.auth.reply(LOGIN, "ok")
    assert (await steady.client.post(LOGIN, content=b"x" * JSON_BODY_BYTES)).status_code == 200
    assert len(steady.auth.last.body) == JSON_BODY_BYTES
    answer = await steady.client.post(LOGIN, content=b"x" * (JSON_BODY_BYTES + 1))
    assert answer.status_code == 413
    assert answer.json()["code"] == "body_too_large"
    assert str(JSON_BODY_BYTES) in answer.json()["detail"]
    assert steady.auth.calls(LOGIN) == 1


async def test_twenty_megabytes_of_json_are_refused_by_their_stated_length(steady: Platform) -> None:
    answer = await steady.client.post(LOGIN, content=b"[" * 20_000_000)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert answer.headers["connection"] == "close"
    assert steady.auth.seen == []


async def test_a_body_without_stated_length_is_counted_as_it_comes(steady: Platform) -> None:
    answer = await steady.client.post(LOGIN, content=pieces(JSON_BODY_BYTES + 100_000))
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert all(not request.body for request in steady.auth.seen)


async def test_the_refusal_is_there_before_the_body_is(steady: Platform) -> None:
    head = f"POST {LOGIN} HTTP/1.1\r\nhost: a\r\ncontent-length: 99000000\r\n\r\n".encode()
    answer = await send_raw(steady.url, head, timeout_seconds=2)
    assert answer.status == 413


async def test_a_client_that_asks_before_sending_sends_nothing(steady: Platform) -> None:
    head = f"POST {LOGIN} HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 99000000\r\n\r\n".encode()
    answer = await send_raw(steady.url, head, timeout_seconds=2)
    assert answer.status == 413


async def test_an_upload_may_be_as_large_as_its_parts_together(steady: Platform, cookie: dict[str, str]) -> None:
    steady.publishing.reply(UPLOAD, "{}", status=202)
    size = steady.options.upload_limit_bytes
    answer = await steady.client.post(UPLOAD, headers=cookie, content=pieces(size))
    assert answer.status_code == 202
    assert len(steady.publishing.last.body) == size


@pytest.mark.parametrize("with_length", [True, False])
async def test_an_upload_beyond_that_is_too_large_for_a_bundle(
    steady: Platform, cookie: dict[str, str], with_length: bool
) -> None:
    size = steady.options.upload_limit_bytes + 200_000
    content = b"x" * size if with_length else pieces(size)
    answer = await steady.client.post(UPLOAD, headers=cookie, content=content)
    assert (answer.status_code, answer.json()["code"]) == (413, "bundle_too_large")


async def test_an_upload_without_session_is_refused_before_it_is_read(steady: Platform) -> None:
    answer = await steady.client.post(UPLOAD, content=b"x" * 10_000_000)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert steady.publishing.seen == []


async def test_the_services_own_refusal_arrives_while_the_upload_goes_on(
    steady: Platform, cookie: dict[str, str]
) -> None:
    async def refuse_unread(_request: Request) -> Response:
        return Response('{"code":"version_exists"}', 409, {"content-type": "application/problem+json"})

    path = "/api/v1/developer/streamed"
    steady.publishing.on(path, refuse_unread, reads_body=True)
    answer = await steady.client.post(path, headers=cookie, content=b"x" * 200_000)
    assert (answer.status_code, answer.json()["code"]) == (409, "version_exists")


async def test_a_body_that_stops_coming_is_given_up(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "IDLE_SECONDS", 0.2)
    for begun in (b"", b"abc"):
        head = f"POST {LOGIN} HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n".encode()
        answer = await send_raw(platform.url, head + begun)
        assert (answer.status, answer.problem["code"]) == (408, "request_timed_out")


async def test_a_body_that_comes_in_drops_is_given_up(
    steady: Platform, cookie: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body, "IDLE_SECONDS", 0.3)
    monkeypatch.setattr(body, "SLOWEST_BYTES_PER_SECOND", 1_000_000)
    steady.publishing.reply(UPLOAD, "{}", status=202)
    reader, writer = await asyncio.open_connection(*steady.url.removeprefix("http://").split(":"))
    who = f"sec-fetch-site: none\r\ncookie: {cookie['cookie']}"
    head = f"POST {UPLOAD} HTTP/1.1\r\nhost: a\r\n{who}\r\ncontent-length: 1000000\r\n\r\n"
    writer.write(head.encode())

    async def drip() -> None:
        while True:
            writer.write(b"x")
            await asyncio.sleep(0.02)

    dripping = asyncio.create_task(drip())
    async with asyncio.timeout(10):
        answer = await read_answer(reader)
    dripping.cancel()
    writer.close()
    assert (answer.status, answer.problem["code"]) == (408, "request_timed_out")


async def test_a_client_that_leaves_in_the_middle_does_not_look_like_the_end(
    steady: Platform, cookie: dict[str, str]
) -> None:
    ends: asyncio.Queue[str] = asyncio.Queue()

    async def read(request: Request) -> Response:
        try:
            async for _ in request.stream():
                pass
            await ends.put("whole")
        except ClientDisconnect as error:
            await ends.put(type(error).__name__)
        return Response("")

    path = "/api/v1/developer/streamed"
    steady.publishing.on(path, read, reads_body=True)
    reader, writer = await asyncio.open_connection(*steady.url.removeprefix("http://").split(":"))
    who = f"sec-fetch-site: none\r\ncookie: {cookie['cookie']}"
    head = f"POST {path} HTTP/1.1\r\nhost: a\r\n{who}\r\ntransfer-encoding: chunked\r\n\r\n"
    writer.write(head.encode() + b"5\r\nhello\r\n")
    await steady.publishing.wait_for_calls(path, 1)
    writer.close()
    async with asyncio.timeout(5):
        assert await ends.get() == "ClientDisconnect"
    assert await reader.read() == b""


async def test_the_connection_is_usable_after_a_body(steady: Platform) -> None:
    steady.auth.reply(LOGIN, "ok")
    reader, writer = await asyncio.open_connection(*steady.url.removeprefix("http://").split(":"))
    for _ in range(3):
        writer.write(f"POST {LOGIN} HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc".encode())
        assert (await read_answer(reader)).body == b"ok"
    writer.close()


async def test_a_body_with_get_is_not_passed_on(steady: Platform) -> None:
    steady.installs.reply("/api/v1/user/plugins", "[]")
    answer = await steady.client.request("GET", "/api/v1/user/plugins", content=b"surprise")
    assert answer.status_code == 200
    assert steady.installs.last.body == b""
