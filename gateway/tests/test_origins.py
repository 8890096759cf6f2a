from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from gateway_stand_ins.platform import Platform

INSTALL = "/api/v1/user/plugins/install"


@pytest.fixture
async def cookie(sign_in: Callable[..., Awaitable[str]], new_session: Callable[[], str]) -> dict[str, str]:
    return {"cookie": f"sid={await sign_in(new_session())}"}


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "null"},
        {"origin": "http://evil.test"},
        {"origin": "http://gateway.test.evil.test"},
        {"origin": "http://notgateway.test"},
        {"origin": "https://gateway.test"},
        {"origin": "http://gateway.test:8080"},
        {"origin": "http://user@gateway.test"},
        {"origin": ""},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://gateway.test", "sec-fetch-site": "cross-site"},
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_change_from_another_origins_page_is_refused(
    steady: Platform, cookie: dict[str, str], headers: dict[str, str], method: str
) -> None:
    answer = await steady.client.request(method, INSTALL, headers={"host": "gateway.test", **cookie, **headers})
    assert answer.status_code == 403
    assert answer.json()["code"] == "origin_refused"
    assert steady.installs.seen == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://gateway.test"},
        {"origin": "http://gateway.test", "sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
    ],
)
async def test_a_change_from_the_own_origin_or_no_browser_passes(
    steady: Platform, cookie: dict[str, str], headers: dict[str, str]
) -> None:
    steady.installs.reply(INSTALL, "{}")
    answer = await steady.client.post(INSTALL, headers={"host": "gateway.test", **cookie, **headers})
    assert answer.status_code == 200


async def test_reading_from_anywhere_passes(steady: Platform, cookie: dict[str, str]) -> None:
    steady.installs.reply("/api/v1/user/plugins", "[]")
    answer = await steady.client.get("/api/v1/user/plugins", headers={**cookie, "origin": "http://evil.test"})
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers


async def test_a_bearer_token_is_exempt_because_no_browser_sends_it_unasked(
    steady: Platform, sign_in: Callable[..., Awaitable[str]], new_session: Callable[[], str]
) -> None:
    steady.installs.reply(INSTALL, "{}")
    token = await sign_in(new_session())
    headers = {"authorization": f"Bearer {token}", "origin": "http://elsewhere.test"}
    assert (await steady.client.post(INSTALL, headers=headers)).status_code == 200


async def test_signing_a_visitor_in_from_another_page_is_refused(steady: Platform) -> None:
    answer = await steady.client.post("/api/v1/auth/login", headers={"origin": "http://evil.test"}, json={})
    assert answer.status_code == 403
    assert steady.auth.seen == []


async def test_the_public_origin_may_differ_from_the_host_header(
    start_platform: Callable[..., Awaitable[Platform]],
) -> None:
    platform = await start_platform(public_origin="https://plugins.example.org", secure=True)
    platform.installs.reply(INSTALL, "{}")
    good = await platform.client.post(INSTALL, headers={"origin": "https://plugins.example.org"})
    bad = await platform.client.post(INSTALL, headers={"origin": platform.url})
    assert (good.status_code, bad.status_code) == (200, 403)


async def test_an_allowed_origin_may_call_and_read(start_platform: Callable[..., Awaitable[Platform]]) -> None:
    origin = "https://shop.example.org"
    platform = await start_platform(allowed_origins=frozenset({origin}))
    platform.installs.reply(INSTALL, "{}")
    asked = await platform.client.options(INSTALL, headers={"origin": origin, "access-control-request-method": "POST"})
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-origin"] == origin
    assert "POST" in asked.headers["access-control-allow-methods"]
    answer = await platform.client.post(INSTALL, headers={"origin": origin, "sec-fetch-site": "cross-site"})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.headers["vary"] == "origin"
    other = await platform.client.options(
        INSTALL, headers={"origin": "https://evil.test", "access-control-request-method": "POST"}
    )
    assert "access-control-allow-origin" not in other.headers
    assert other.headers["vary"] == "origin"


async def test_a_refusal_can_be_read_by_an_allowed_origin(start_platform: Callable[..., Awaitable[Platform]]) -> None:
    platform = await start_platform(allowed_origins=frozenset({"https://shop.example.org"}))
    answer = await platform.client.get("/api/v1/developer/plugins", headers={"origin": "https://shop.example.org"})
    assert answer.status_code == 401
    assert answer.headers["access-control-allow-origin"] == "https://shop.example.org"
