from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from gateway_stand_ins.platform import ANONYMOUS, INTERNAL_TOKEN, Platform

MINT = "/internal/anonymous"
INSTALL = "/api/v1/user/plugins/install"


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_reading_never_begins_a_session(steady: Platform, method: str) -> None:
    steady.installs.reply("/api/v1/user/plugins", "[]")
    answer = await steady.client.request(method, "/api/v1/user/plugins")
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert steady.auth.calls(MINT) == 0


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
async def test_the_first_change_begins_one(steady: Platform, method: str) -> None:
    steady.installs.reply(INSTALL, "{}", status=201)
    answer = await steady.client.request(method, INSTALL)
    assert answer.status_code == 201
    assert steady.auth.last.header("x-internal-token") == INTERNAL_TOKEN
    assert steady.installs.last.header("x-identity") == ANONYMOUS["identity"]
    cookie = answer.headers["set-cookie"]
    assert cookie == f"sid={ANONYMOUS['session']}; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax"
    assert answer.headers["cache-control"] == "private, no-cache"


async def test_over_https_the_cookie_is_secure_and_bound_to_the_host(
    start_platform: Callable[..., Awaitable[Platform]],
) -> None:
    platform = await start_platform(secure=True)
    platform.installs.reply(INSTALL, "{}", status=201)
    cookie = (await platform.client.post(INSTALL)).headers["set-cookie"]
    assert cookie.startswith("__Host-sid=")
    assert cookie.endswith("; Secure")
    assert "; Path=/;" in cookie
    assert "Domain" not in cookie


@pytest.mark.parametrize("status", [400, 404, 409, 422, 503])
async def test_a_refused_change_leaves_no_cookie(steady: Platform, status: int) -> None:
    steady.installs.reply(INSTALL, "{}", status=status, headers={"content-type": "application/problem+json"})
    answer = await steady.client.post(INSTALL)
    assert answer.status_code == status
    assert "set-cookie" not in answer.headers


async def test_a_visitor_who_has_a_session_keeps_it(
    steady: Platform, sign_in: Callable[..., Awaitable[str]], new_session: Callable[[], str]
) -> None:
    session = await sign_in(new_session(), identity="their.own")
    steady.installs.reply(INSTALL, "{}", status=201)
    answer = await steady.client.post(INSTALL, headers={"cookie": f"sid={session}"})
    assert "set-cookie" not in answer.headers
    assert steady.installs.last.header("x-identity") == "their.own"
    assert steady.auth.calls(MINT) == 0


async def test_a_visitor_whose_session_has_ended_gets_another(steady: Platform, new_session: Callable[[], str]) -> None:
    steady.installs.reply(INSTALL, "{}", status=201)
    answer = await steady.client.post(INSTALL, headers={"cookie": f"sid={new_session()}"})
    assert answer.headers["set-cookie"].startswith("sid=")


@pytest.mark.parametrize("path", ["/api/v1/auth/login", "/api/v1/plugins", "/api/v1/plugins/a/reviews/mine"])
async def test_other_changes_begin_no_session(steady: Platform, path: str) -> None:
    await steady.client.post(path, json={})
    assert steady.auth.calls(MINT) == 0


@pytest.mark.parametrize(
    ("status", "body"), [(500, "broken"), (200, "not JSON"), (200, "{}"), (200, "[]"), (404, "{}")]
)
async def test_without_auth_the_change_is_put_off(platform: Platform, status: int, body: str) -> None:
    platform.auth.reply(MINT, body, status=status)
    answer = await platform.client.post(INSTALL)
    assert answer.status_code == 503
    assert answer.json()["code"] == "service_unavailable"
    assert answer.headers["retry-after"]
    assert platform.installs.seen == []
