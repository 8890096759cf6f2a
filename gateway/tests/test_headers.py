from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

import pytest

from gateway_stand_ins.platform import Platform
from gateway_stand_ins.raw_http import send_raw

SPOOFED = {
    "x-identity": "forged",
    "X-Identity-Extra": "forged",
    "x-session": "forged",
    "x-internal-token": "forged",
    "x-internal-anything": "forged",
    "x-forwarded-for": "6.6.6.6",
    "x-forwarded-host": "evil.test",
    "x-forwarded-proto": "gopher",
    "x-forwarded-prefix": "/evil",
    "forwarded": "for=6.6.6.6",
    "x-accel-redirect": "/etc/passwd",
    "x-accel-buffering": "no",
    "x-real-ip": "6.6.6.6",
    "x-original-url": "/admin",
    "x-rewrite-url": "/admin",
    "x-http-method-override": "DELETE",
    "x-user-id": "1",
    "cookie": "other=1",
    "te": "trailers",
    "upgrade": "h2c",
}


async def test_headers_that_only_the_gateway_may_set_are_stripped(steady: Platform) -> None:
    await steady.client.get("/api/v1/user/plugins", headers={**SPOOFED, "connection": "close, x-named"})
    arrived = steady.installs.last
    for name in SPOOFED:
        if name.lower() not in {"x-forwarded-for", "x-forwarded-proto"}:
            assert arrived.header(name.lower()) is None, name
    assert arrived.header("x-forwarded-for") == "127.0.0.1"
    assert arrived.header("x-forwarded-proto") == "http"
    assert "forged" not in str(arrived.headers)


@pytest.mark.parametrize(
    "spelling", [str.upper, str.title, lambda name: name.replace("-", "_"), lambda name: name.title().replace("-", "_")]
)
async def test_no_spelling_of_such_a_header_gets_through(steady: Platform, spelling: Callable[[str], str]) -> None:
    ours = ("x-identity", "x-session", "x-internal-token", "x-forwarded-for", "x-user-id", "x-csrf-token")
    await steady.client.get("/api/v1/auth/me", headers={spelling(name): "forged" for name in ours})
    assert "forged" not in str(steady.auth.last.headers)


async def test_headers_named_by_connection_do_not_go_on(steady: Platform) -> None:
    await steady.client.get("/api/v1/user/plugins", headers={"connection": "x-private, Close", "x-private": "1"})
    assert steady.installs.last.header("x-private") is None


async def test_the_clients_own_headers_go_on(steady: Platform) -> None:
    own = {"if-match": '"3"', "content-type": "application/json", "x-request-id": "abc", "user-agent": "café/1"}
    await steady.client.patch(
        "/api/v1/user/plugins/a", headers={name.encode(): value.encode() for name, value in own.items()}, content=b"{}"
    )
    arrived = steady.installs.last
    assert arrived.header("if-match") == '"3"'
    assert arrived.header("content-type") == "application/json"
    assert arrived.header("x-request-id") == "abc"
    assert arrived.header("accept-encoding") == "identity"
    assert arrived.body == b"{}"


async def test_a_shared_read_carries_nothing_that_a_client_can_vary(steady: Platform) -> None:
    await steady.client.get(
        "/api/v1/plugins",
        headers={"accept-language": "xx", "x-poison": "1", "cookie": "sid=aaaaaaaaaaaaaaaaaaaa", "user-agent": "evil"},
    )
    names = {name for name, _ in steady.catalog.last.headers}
    assert names == {"host", "accept", "accept-encoding", "x-forwarded-proto", "traceparent"}


async def test_a_trace_is_continued_and_a_malformed_one_ignored(steady: Platform) -> None:
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    await steady.client.get("/api/v1/user/x", headers={"traceparent": f"00-{trace_id}-b7ad6b7169203331-01"})
    assert trace_id in (steady.installs.last.header("traceparent") or "")
    await steady.client.get("/api/v1/user/x", headers={"traceparent": "00-zz", "tracestate": "a=" + "b" * 10_000})
    begun = steady.installs.last.header("traceparent") or ""
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", begun)
    assert steady.installs.last.header("tracestate") is None


async def test_the_problem_names_the_trace(steady: Platform) -> None:
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    answer = await steady.client.get("/nowhere", headers={"traceparent": f"00-{trace_id}-b7ad6b7169203331-01"})
    assert answer.json()["trace_id"] == trace_id


async def test_internal_headers_do_not_come_back(steady: Platform) -> None:
    leaks = {"x-internal-host": "db1", "x-identity": "t", "x-session": "s", "x-accel-expires": "1", "x-cache": "hit"}
    steady.installs.reply("/api/v1/user/plugins", "[]", headers={**leaks, "keep-alive": "5", "x-kept": "1"})
    answer = await steady.client.get("/api/v1/user/plugins")
    assert answer.headers["x-kept"] == "1"
    assert answer.headers["x-cache"] == "bypass"
    for name in ("x-internal-host", "x-identity", "x-session", "x-accel-expires", "keep-alive", "server"):
        assert name not in answer.headers


@pytest.mark.parametrize("path", ["/api/v1/user/plugins", "/api/v1/plugins", "/docs", "/nowhere", "/livez"])
async def test_every_answer_forbids_sniffing(steady: Platform, path: str) -> None:
    steady.installs.reply("/api/v1/user/plugins", "[]", headers={"x-content-type-options": "nosniff"})
    answer = await steady.client.get(path)
    assert answer.headers.get_list("x-content-type-options") == ["nosniff"]


async def test_a_personal_answer_is_private_unless_the_service_says_otherwise(steady: Platform) -> None:
    steady.installs.reply("/api/v1/user/plugins", "[]")
    steady.installs.reply("/api/v1/user/said", "[]", headers={"cache-control": "private, no-store"})
    assert (await steady.client.get("/api/v1/user/plugins")).headers["cache-control"] == "private, no-cache"
    assert (await steady.client.get("/api/v1/user/said")).headers["cache-control"] == "private, no-store"


async def test_the_clients_address_is_what_our_own_proxy_wrote(
    start_platform: Callable[..., Awaitable[Platform]],
) -> None:
    steady = await start_platform(trusted_proxy_hops=1)
    await steady.client.get("/api/v1/user/x", headers={"x-forwarded-for": "6.6.6.6, 203.0.113.7"})
    assert steady.installs.last.header("x-forwarded-for") == "203.0.113.7"
    await steady.client.get("/api/v1/user/x")
    assert steady.installs.last.header("x-forwarded-for") == "127.0.0.1"


async def test_an_http10_client_is_answered(steady: Platform) -> None:
    steady.installs.reply("/api/v1/user/plugins", "[]")
    answer = await send_raw(steady.url, b"GET /api/v1/user/plugins HTTP/1.0\r\n\r\n")
    assert answer.status == 200
    assert answer.body == b"[]"
