from __future__ import annotations

import asyncio

import pytest

from gateway import http_protocol
from gateway_stand_ins.platform import Platform
from gateway_stand_ins.raw_http import send_raw

HOST = b"host: gateway.test\r\n"


def head(target: bytes, *headers: bytes, method: bytes = b"GET") -> bytes:
    return b"%s %s HTTP/1.1\r\n%s%s\r\n" % (method, target, HOST, b"".join(line + b"\r\n" for line in headers))


@pytest.mark.parametrize(
    "target",
    [
        b"//api/v1/plugins",
        b"/api/v1//plugins",
        b"/api/v1/plugins/",
        b"/api/v1/./plugins",
        b"/api/v1/user/../plugins",
        b"/api/v1/plugins/..",
        b"/api/v1/plugins/a%2fb",
        b"/api/v1/plugins/a%2Fb",
        b"/api/v1/plugins/a%5cb",
        b"/api/v1/plugins/%2e%2e",
        b"/api/v1/plugins/%00",
        b"/api/v1/plugins/a%0d%0ax",
        b"/api/v1/plugins/%70lain",
        b"/api/v1/plugins/a%252fb",
        b"/api/v1/plugins/a%ff",
        b"/api/v1/plugins/a%4",
        b"/api/v1/plugins/a;b=c",
        b"/api/v1/plugins/..;/x",
        b"/api/v1/plugins/a\\b",
        b'/api/v1/plugins/a"b',
    ],
)
async def test_an_address_that_parsers_read_differently_is_refused(steady: Platform, target: bytes) -> None:
    answer = await send_raw(steady.url, head(target))
    assert answer.status == 400
    assert answer.problem["code"] == "address_invalid"
    assert steady.catalog.seen == []


@pytest.mark.parametrize(
    ("request_bytes", "why"),
    [
        (head(b"http://elsewhere.test/api/v1/plugins"), "absolute form"),
        (head(b"elsewhere.test:443", method=b"CONNECT"), "authority form"),
        (head(b"*", method=b"OPTIONS"), "asterisk form"),
        (head(b"/api/v1/pl\xc3\xa9"), "not ASCII"),
        (head(b"/api/v1/plugins?q=\x01"), "control character"),
        (head(b"/api/v1/a", b"content-length: 3", b"content-length: 3", method=b"POST") + b"abc", "length twice"),
        (head(b"/api/v1/a", b"content-length: 3, 3", method=b"POST") + b"abc", "list of lengths"),
        (head(b"/api/v1/a", b"content-length: +3", method=b"POST") + b"abc", "signed length"),
        (
            head(b"/api/v1/a", b"content-length: 5", b"transfer-encoding: chunked", method=b"POST") + b"0\r\n\r\n",
            "length and chunks",
        ),
        (head(b"/api/v1/a", b"transfer-encoding: chunked, identity", method=b"POST") + b"0\r\n\r\n", "codings"),
        (head(b"/api/v1/a", b"transfer-encoding: xchunked", method=b"POST") + b"0\r\n\r\n", "unknown coding"),
        (head(b"/api/v1/a", b"x: a\r\n folded"), "folded header"),
        (head(b"/api/v1/a", b"x : a"), "blank before the colon"),
        (head(b"/api/v1/a", b"host: other.test"), "two hosts"),
        (b"GET /api/v1/plugins HTTP/1.1\r\n\r\n", "no host"),
        (b'GET /api/v1/plugins HTTP/1.1\r\nhost: a.test/"><b\r\n\r\n', "a host that is none"),
        (b"GET /api/v1/plugins HTTP/1.1\r\nhost: someone@a.test\r\n\r\n", "a host with a user"),
        (b"GET /api/v1/plugins HTTP/1.1\nhost: a\n\n", "bare line feeds"),
        (b"GET /api/v1/plugins\r\n\r\n", "HTTP/0.9"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", "TLS"),
    ],
)
async def test_what_breaks_http_is_refused_with_a_problem(steady: Platform, request_bytes: bytes, why: str) -> None:
    answer = await send_raw(steady.url, request_bytes)
    assert answer.status == 400, why
    assert answer.problem["code"] == "request_malformed"
    assert answer.headers["connection"] == "close"
    assert all(service.seen == [] for service in (steady.catalog, steady.auth))


@pytest.mark.parametrize(
    "headers",
    [[b"x-long: " + b"a" * 65_536], [b"x-%d: a" % number for number in range(1_000)]],
    ids=["64 kB", "1,000 headers"],
)
async def test_headers_beyond_the_limits_are_refused(steady: Platform, headers: list[bytes]) -> None:
    answer = await send_raw(steady.url, head(b"/api/v1/plugins", *headers))
    assert answer.status == 431
    assert answer.problem["code"] == "headers_too_large"


@pytest.mark.parametrize("target", [b"/" + b"a" * 2_000, b"/api/v1/plugins?q=" + b"a" * 9_000, b"/" + b"a" * 40_000])
async def test_an_endless_address_is_refused(steady: Platform, target: bytes) -> None:
    answer = await send_raw(steady.url, head(target))
    assert answer.status == 414
    assert answer.problem["code"] == "address_too_long"


@pytest.mark.parametrize("name", [b"authorization", b"origin"])
async def test_a_header_that_may_stand_once_is_refused_twice(steady: Platform, name: bytes) -> None:
    answer = await send_raw(
        steady.url,
        head(b"/api/v1/auth/logout", name + b": Bearer aaaa", name + b": Bearer bbbb", method=b"POST"),
    )
    assert answer.status == 400
    assert answer.problem["code"] == "request_malformed"


async def test_a_header_that_is_not_utf8_is_refused(steady: Platform) -> None:
    answer = await send_raw(steady.url, head(b"/api/v1/user/plugins", b"x-name: \xff\xfe"))
    assert answer.status == 400
    assert answer.problem["code"] == "request_malformed"


async def test_a_connection_never_sees_the_answer_of_another(steady: Platform) -> None:
    steady.installs.reply("/api/v1/user/plugins", "mine")
    steady.installs.reply("/api/v1/user/canary", "canary")
    smuggled = head(b"/api/v1/user/canary")
    body = b"0\r\n\r\n" + smuggled
    attack = head(b"/api/v1/user/plugins", b"content-length: %d" % len(body), method=b"PUT") + body
    answer = await send_raw(steady.url, attack)
    assert answer.body == b"mine"
    assert steady.installs.last.body == body
    assert steady.installs.calls("/api/v1/user/canary") == 0


async def test_a_head_that_never_ends_is_given_up(steady: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_protocol, "HEAD_SECONDS", 0.2)
    reader, writer = await asyncio.open_connection(*steady.url.removeprefix("http://").split(":"))
    writer.write(b"GET /api/v1/plugins HTTP/1.1\r\nx-slow: ")
    async with asyncio.timeout(5):
        assert await reader.read() == b""
    writer.close()


async def test_a_pipelined_request_has_its_own_answer(steady: Platform) -> None:
    steady.installs.reply("/api/v1/user/one", "1")
    steady.installs.reply("/api/v1/user/two", "2")
    reader, writer = await asyncio.open_connection(*steady.url.removeprefix("http://").split(":"))
    writer.write(head(b"/api/v1/user/one") + head(b"/api/v1/user/two", b"connection: close"))
    async with asyncio.timeout(5):
        both = await reader.read()
    writer.close()
    assert both.index(b"\r\n\r\n1HTTP/1.1 200") < both.index(b"\r\n\r\n2")
