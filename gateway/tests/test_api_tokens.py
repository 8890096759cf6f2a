from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import redis.asyncio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from contracts.api_tokens import assemble_token, token_hash
from gateway_stand_ins.gate import Gate
from gateway_stand_ins.platform import INTERNAL_TOKEN, NO_REDIS, Platform
from testkit.waiting import eventually

StartPlatform = Callable[..., Awaitable[Platform]]
EXCHANGE = "/internal/tokens/exchange"
PATH = "/api/v1/user/plugins"


def _token() -> str:
    return assemble_token("api", secrets.token_hex(15))


def _bearer(token: str, **more: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}", **more}


def _identity(**changes: Any) -> str:
    return json.dumps({"identity": "of.a.token", "expires_at": time.time() + 300, "source_ranges": []} | changes)


async def _write(redis_client: redis.asyncio.Redis, token: str, *, ranges: str = "", lives: float = 300) -> None:
    fields: dict[Any, Any] = {
        "identity": "of.an.entry",
        "identity_expires_at": str(time.time() + lives),
        "source_ranges": ranges,
    }
    await redis_client.hset(f"token:{token_hash(token)}", mapping=fields)


async def test_an_entry_in_redis_becomes_the_identity_without_asking_auth(
    steady: Platform, redis_client: redis.asyncio.Redis
) -> None:
    token = _token()
    await _write(redis_client, token)
    steady.installs.reply(PATH, "[]")
    assert (await steady.client.get(PATH, headers=_bearer(token))).status_code == 200
    assert steady.installs.last.header("x-identity") == "of.an.entry"
    assert steady.installs.last.header("authorization") is None
    assert steady.auth.seen == []


async def test_auth_is_asked_where_redis_has_nothing(steady: Platform) -> None:
    token = _token()
    steady.auth.reply(EXCHANGE, _identity())
    for _ in range(3):
        await steady.client.get(PATH, headers=_bearer(token))
        assert steady.installs.last.header("x-identity") == "of.a.token"
    assert steady.auth.calls(EXCHANGE) == 1  # and kept for a moment
    assert json.loads(steady.auth.last.body) == {"token": token, "address": "127.0.0.1"}
    assert steady.auth.last.header("x-internal-token") == INTERNAL_TOKEN


async def test_an_identity_that_is_about_to_expire_is_replaced(
    steady: Platform, redis_client: redis.asyncio.Redis
) -> None:
    token = _token()
    await _write(redis_client, token, lives=20)
    steady.auth.reply(EXCHANGE, _identity())
    await steady.client.get(PATH, headers=_bearer(token))
    assert steady.installs.last.header("x-identity") == "of.a.token"


async def test_auth_gets_no_session_of_a_token(steady: Platform, redis_client: redis.asyncio.Redis) -> None:
    token = _token()
    await _write(redis_client, token)
    await steady.client.get("/api/v1/auth/me", headers=_bearer(token))
    assert steady.auth.last.header("x-identity") == "of.an.entry"
    assert steady.auth.last.header("x-session") is None


@pytest.mark.parametrize("spoil", [lambda token: token[:-1], lambda token: token[:10] + "~" + token[11:]])
async def test_a_mistake_in_a_token_is_noticed_here(steady: Platform, spoil: Callable[[str], str]) -> None:
    answer = await steady.client.get(PATH, headers=_bearer(spoil(_token())))
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert steady.auth.seen == steady.installs.seen == []


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (401, "token_unknown", (401, "unauthenticated")),
        (403, "token_source_refused", (403, "token_source_refused")),
        (429, "rate_limited", (429, "rate_limited")),
        (403, "forbidden", (503, "service_unavailable")),
        (500, "internal_error", (503, "service_unavailable")),
    ],
)
async def test_what_auth_refuses_is_refused(
    start_platform: StartPlatform, status: int, code: str, expected: tuple[int, str]
) -> None:
    platform = await start_platform()
    headers = {"content-type": "application/problem+json", "retry-after": "77"}
    platform.auth.reply(EXCHANGE, json.dumps({"code": code}), status=status, headers=headers)
    token = _token()
    for _ in range(2):
        answer = await platform.client.get(PATH, headers=_bearer(token))
        assert (answer.status_code, answer.json()["code"]) == expected
        if status == 429:
            assert answer.headers["retry-after"] == "77"
    assert platform.installs.seen == []


async def test_refusals_are_kept_for_a_moment_and_asked_for_once(steady: Platform) -> None:
    async def refuse(_request: Request) -> Response:
        await asyncio.sleep(0.2)
        return JSONResponse({"code": "token_unknown"}, 401)

    steady.auth.on(EXCHANGE, refuse)
    token = _token()
    answers = await asyncio.gather(*(steady.client.get(PATH, headers=_bearer(token)) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {401}
    assert steady.auth.calls(EXCHANGE) == 1


async def test_ranges_are_held_against_the_address_that_our_proxy_saw(
    start_platform: StartPlatform, redis_client: redis.asyncio.Redis
) -> None:
    platform = await start_platform(trusted_proxy_hops=1)
    token = _token()
    await _write(redis_client, token, ranges="192.0.2.0/24,2001:db8::/32")
    platform.auth.reply(EXCHANGE, json.dumps({"code": "token_source_refused"}), status=403)
    for address, status in (("192.0.2.9", 200), ("198.51.100.1", 403), ("2001:db8::7", 200), ("nonsense", 403)):
        platform.installs.reply(PATH, "[]")
        claimed = f"192.0.2.1, {address}"  # the client's own claim comes first
        answer = await platform.client.get(PATH, headers=_bearer(token, **{"x-forwarded-for": claimed}))
        assert answer.status_code == status, address
    assert platform.auth.calls(EXCHANGE) == 2  # which records who was refused


async def test_a_revoked_token_ends_within_a_moment(steady: Platform, redis_client: redis.asyncio.Redis) -> None:
    token = _token()
    await _write(redis_client, token)
    steady.installs.reply(PATH, "[]")
    steady.auth.reply(EXCHANGE, json.dumps({"code": "token_unknown"}), status=401)
    assert (await steady.client.get(PATH, headers=_bearer(token))).status_code == 200
    await redis_client.delete(f"token:{token_hash(token)}")

    async def is_refused() -> bool:
        return (await steady.client.get(PATH, headers=_bearer(token))).status_code == 401

    await eventually(is_refused, timeout_seconds=10)


async def test_without_redis_tokens_are_put_off(
    start_platform: StartPlatform, gated_redis_url: str, redis_gate: Gate, redis_client: redis.asyncio.Redis
) -> None:
    token = _token()
    await _write(redis_client, token)
    gated, without = await start_platform(redis_url=gated_redis_url), await start_platform(redis_url=NO_REDIS)
    await redis_gate.shut()
    for platform in (gated, without):
        answer = await platform.client.get(PATH, headers=_bearer(token))
        assert (answer.status_code, answer.json()["code"]) == (503, "service_unavailable")
        assert int(answer.headers["retry-after"]) >= 1
        assert platform.auth.seen == platform.installs.seen == []


async def test_a_token_needs_no_proof_of_origin(steady: Platform, redis_client: redis.asyncio.Redis) -> None:
    token = _token()
    await _write(redis_client, token)
    headers = _bearer(token, origin="https://elsewhere.example", **{"sec-fetch-site": "cross-site"})
    await steady.client.post("/api/v1/user/plugins/install", headers=headers, json={})
    assert steady.installs.last.header("x-identity") == "of.an.entry"
    assert steady.auth.calls("/internal/anonymous") == 0
