from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable

import pytest
import redis.asyncio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway_stand_ins.platform import INTERNAL_TOKEN, Platform
from testkit.waiting import eventually

SignIn = Callable[..., Awaitable[str]]
NewSession = Callable[[], str]


async def test_a_bearer_token_becomes_an_identity(steady: Platform, sign_in: SignIn, new_session: NewSession) -> None:
    session = await sign_in(new_session(), identity="the.token")
    await steady.client.get("/api/v1/user/plugins", headers={"authorization": f"Bearer {session}"})
    assert steady.installs.last.header("x-identity") == "the.token"
    assert steady.installs.last.header("authorization") is None
    assert steady.installs.last.header("x-session") is None


async def test_a_cookie_becomes_an_identity(steady: Platform, sign_in: SignIn, new_session: NewSession) -> None:
    session = await sign_in(new_session(), identity="the.token")
    await steady.client.get("/api/v1/user/plugins", headers={"cookie": f"theme=dark; sid={session}; x=y"})
    assert steady.installs.last.header("x-identity") == "the.token"
    assert steady.installs.last.header("cookie") is None


async def test_over_https_only_the_host_bound_cookie_counts(
    start_platform: Callable[..., Awaitable[Platform]], sign_in: SignIn, new_session: NewSession
) -> None:
    platform = await start_platform(secure=True)
    session = await sign_in(new_session())
    await platform.client.get("/api/v1/user/plugins", headers={"cookie": f"sid={session}"})
    assert platform.installs.last.header("x-identity") is None
    await platform.client.get("/api/v1/user/plugins", headers={"cookie": f"__Host-sid={session}"})
    assert platform.installs.last.header("x-identity") is not None


async def test_only_auth_gets_the_session_itself(steady: Platform, sign_in: SignIn, new_session: NewSession) -> None:
    session = await sign_in(new_session())
    for path in ("/api/v1/auth/me", "/api/v1/developer/register"):
        await steady.client.get(path, headers={"cookie": f"sid={session}"})
        assert steady.auth.last.header("x-session") == session
    await steady.client.get("/api/v1/developer/plugins", headers={"cookie": f"sid={session}"})
    assert steady.publishing.last.header("x-session") is None


async def test_an_unknown_cookie_is_as_good_as_none(steady: Platform, new_session: NewSession) -> None:
    await steady.client.get("/api/v1/user/plugins", headers={"cookie": f"sid={new_session()}"})
    assert steady.installs.last.header("x-identity") is None
    refused = await steady.client.get("/api/v1/developer/plugins", headers={"cookie": f"sid={new_session()}"})
    assert refused.status_code == 401
    assert refused.json()["code"] == "unauthenticated"
    assert steady.publishing.seen == []


@pytest.mark.parametrize(
    "authorization", ["Bearer aaaaaaaaaaaaaaaaaaaaaaaa", "Bearer", "Basic YTpi", "Bearer a/../b", "Bearer a b", "x"]
)
async def test_a_token_that_is_not_good_is_refused(steady: Platform, authorization: str) -> None:
    answer = await steady.client.get("/api/v1/user/plugins", headers={"authorization": authorization})
    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthenticated"
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert steady.installs.seen == []


async def test_two_different_session_cookies_are_refused(
    steady: Platform, sign_in: SignIn, new_session: NewSession
) -> None:
    one, other = await sign_in(new_session()), await sign_in(new_session())
    answer = await steady.client.get("/api/v1/user/plugins", headers={"cookie": f"sid={one}; sid={other}"})
    assert answer.status_code == 400
    assert answer.json()["code"] == "session_ambiguous"
    same = await steady.client.get("/api/v1/user/plugins", headers={"cookie": f"sid={one}; sid={one}"})
    assert same.status_code == 404


@pytest.mark.parametrize("value", ['"quoted"', "short", "x" * 8_000, "a:b*c?d[e]" * 3, "../../session:1", "é" * 20])
async def test_a_cookie_of_another_form_never_reaches_redis(steady: Platform, value: str) -> None:
    await steady.client.get("/api/v1/user/plugins", headers={b"cookie": f"sid={value}".encode()})
    assert steady.installs.last.header("x-identity") is None


async def test_a_token_about_to_expire_is_renewed_once_for_all_who_ask(
    platform: Platform, sign_in: SignIn, new_session: NewSession
) -> None:
    session = await sign_in(new_session(), identity="old.token", lives_seconds=20)

    async def renew(request: Request) -> Response:
        assert request.headers["x-internal-token"] == INTERNAL_TOKEN
        assert json.loads(await request.body()) == {"session": session}
        await asyncio.sleep(0.05)
        return JSONResponse({"identity": "new.token", "expires_at": time.time() + 300, "max_age_seconds": 604_800})

    platform.auth.on("/internal/sessions/renew", renew)
    call = platform.client.get
    await asyncio.gather(*(call("/api/v1/user/plugins", headers={"cookie": f"sid={session}"}) for _ in range(20)))
    assert {request.header("x-identity") for request in platform.installs.seen} == {"new.token"}
    assert platform.auth.calls("/internal/sessions/renew") == 1


async def test_a_prolonged_session_prolongs_its_cookie(
    platform: Platform, sign_in: SignIn, new_session: NewSession
) -> None:
    renewed = {"identity": "new.token", "expires_at": time.time() + 300, "max_age_seconds": 604_800}
    platform.auth.reply("/internal/sessions/renew", json.dumps(renewed))
    platform.installs.reply("/api/v1/user/plugins", "[]")
    session = await sign_in(new_session(), lives_seconds=10)
    cookie = {"cookie": f"sid={session}"}
    first = await platform.client.get("/api/v1/user/plugins", headers=cookie)
    second = await platform.client.get("/api/v1/user/plugins", headers=cookie)
    assert first.headers["set-cookie"] == f"sid={session}; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax"
    assert "set-cookie" not in second.headers
    bearer = {"authorization": f"Bearer {await sign_in(new_session(), lives_seconds=10)}"}
    assert "set-cookie" not in (await platform.client.get("/api/v1/user/plugins", headers=bearer)).headers
    platform.auth.reply("/api/v1/auth/logout", status=204, headers={"set-cookie": 'sid=""; Max-Age=0'})
    leaving = {"cookie": f"sid={await sign_in(new_session(), lives_seconds=10)}"}
    answer = await platform.client.post("/api/v1/auth/logout", headers=leaving)
    assert answer.headers.get_list("set-cookie") == ['sid=""; Max-Age=0']


async def test_a_session_that_auth_no_longer_renews_has_ended(
    platform: Platform, sign_in: SignIn, new_session: NewSession
) -> None:
    session = await sign_in(new_session(), lives_seconds=-5)
    platform.auth.reply(
        "/internal/sessions/renew", "{}", status=401, headers={"content-type": "application/problem+json"}
    )
    answer = await platform.client.get("/api/v1/developer/plugins", headers={"cookie": f"sid={session}"})
    assert answer.status_code == 401


async def test_while_auth_is_away_a_token_serves_to_its_end_and_not_longer(
    platform: Platform, sign_in: SignIn, new_session: NewSession
) -> None:
    platform.auth.reply("/internal/sessions/renew", "broken", status=500)
    soon = await sign_in(new_session(), identity="still.good", lives_seconds=20)
    await platform.client.get("/api/v1/user/plugins", headers={"cookie": f"sid={soon}"})
    assert platform.installs.last.header("x-identity") == "still.good"
    over = await sign_in(new_session(), lives_seconds=-1)
    answer = await platform.client.get("/api/v1/user/plugins", headers={"cookie": f"sid={over}"})
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1


async def test_a_revoked_session_ends_within_a_second_or_so(
    platform: Platform, sign_in: SignIn, new_session: NewSession, redis_client: redis.asyncio.Redis
) -> None:
    session = await sign_in(new_session())
    cookie = {"cookie": f"sid={session}"}
    platform.publishing.reply("/api/v1/developer/plugins", "[]")
    assert (await platform.client.get("/api/v1/developer/plugins", headers=cookie)).status_code == 200
    await redis_client.delete(f"session:{hashlib.sha256(session.encode()).hexdigest()}")

    async def refused() -> bool:
        return (await platform.client.get("/api/v1/developer/plugins", headers=cookie)).status_code == 401

    await eventually(refused, timeout_seconds=2)


async def test_rights_that_auth_has_just_changed_are_felt_at_once(
    platform: Platform, sign_in: SignIn, new_session: NewSession
) -> None:
    session = await sign_in(new_session(), identity="plain.user")
    cookie = {"cookie": f"sid={session}"}

    async def register(_request: Request) -> Response:
        await sign_in(session, identity="fresh.developer")
        return JSONResponse({}, 201)

    platform.auth.on("/api/v1/developer/register", register)
    await platform.client.get("/api/v1/developer/plugins", headers=cookie)
    assert platform.publishing.last.header("x-identity") == "plain.user"
    await platform.client.post("/api/v1/developer/register", headers=cookie, json={})
    await platform.client.get("/api/v1/developer/plugins", headers=cookie)
    assert platform.publishing.last.header("x-identity") == "fresh.developer"


async def test_a_crowd_that_arrives_at_once_is_let_in(
    platform: Platform, sign_in: SignIn, new_session: NewSession
) -> None:
    platform.installs.reply("/api/v1/user/plugins", "[]")
    sessions = [await sign_in(new_session()) for _ in range(200)]
    call = platform.client.get
    answers = await asyncio.gather(
        *(call("/api/v1/user/plugins", headers={"cookie": f"sid={session}"}) for session in sessions)
    )
    assert {answer.status_code for answer in answers} == {200}


async def test_a_session_is_read_from_redis_once_a_second_at_most(
    platform: Platform, sign_in: SignIn, new_session: NewSession, redis_client: redis.asyncio.Redis
) -> None:
    session = await sign_in(new_session())
    await platform.client.get("/api/v1/user/plugins", headers={"cookie": f"sid={session}"})
    before = (await redis_client.info("commandstats"))["cmdstat_hmget"]["calls"]
    started = time.monotonic()
    for _ in range(30):
        await platform.client.get("/api/v1/user/plugins", headers={"cookie": f"sid={session}"})
    seconds = time.monotonic() - started
    # Other test runs share the server; thirty look-ups of ours would still show.
    assert (await redis_client.info("commandstats"))["cmdstat_hmget"]["calls"] - before < 10 + 10 * seconds
