"""Every limit at its route, with Redis and without: the answer over it, and what answers say before."""

import re
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any
from uuid import uuid4

import httpx
import pytest
from redis.asyncio import Redis

Attempt = Callable[[httpx.AsyncClient, int], Awaitable[httpx.Response]]


async def _post(client: httpx.AsyncClient, path: str, body: dict[str, str], address: str) -> httpx.Response:
    return await client.post(f"/api/v1/auth{path}", json=body, headers={"x-forwarded-for": address})


def _address(number: int) -> str:
    return f"198.51.{number >> 8}.{number & 255}"


def _email(number: int = 0) -> str:
    return f"{number}-{uuid4().hex}@example.com"


def _sign_ins(*, one_account: bool, one_address: bool) -> Attempt:
    email = _email()

    async def attempt(client: httpx.AsyncClient, number: int) -> httpx.Response:
        body = {"email": email if one_account else _email(number), "password": "not the password"}
        return await _post(client, "/login", body, _address(1 if one_address else number))

    return attempt


def _registrations(*, one_address: bool) -> Attempt:
    async def attempt(client: httpx.AsyncClient, number: int) -> httpx.Response:
        body = {"email": _email(number), "password": "a good password", "name": "Ann"}
        return await _post(client, "/register", body, _address(1 if one_address else number))

    return attempt


def _resets(*, one_account: bool, one_address: bool) -> Attempt:
    email = _email()

    async def attempt(client: httpx.AsyncClient, number: int) -> httpx.Response:
        body = {"email": email if one_account else _email(number)}
        return await _post(client, "/password-reset", body, _address(1 if one_address else number))

    return attempt


def _codes(path: str, *, one_address: bool) -> Attempt:
    more = {"/register/confirm": {"password": "x"}, "/password-reset/confirm": {"new_password": "a good password"}}

    async def attempt(client: httpx.AsyncClient, number: int) -> httpx.Response:
        body = {"token": uuid4().hex, **more.get(path, {})}
        return await _post(client, path, body, _address(1 if one_address else number))

    return attempt


CASES: dict[str, tuple[Callable[[], Attempt], str, str]] = {
    "sign-in": (lambda: _sign_ins(one_account=True, one_address=True), "sign_in_limited", "sign-in"),
    "sign-in-account": (lambda: _sign_ins(one_account=True, one_address=False), "sign_in_limited", "sign-in"),
    "sign-in-address": (lambda: _sign_ins(one_account=False, one_address=True), "sign_in_limited", "sign-in"),
    "sign-in-total": (lambda: _sign_ins(one_account=False, one_address=False), "sign_in_limited", "sign-in"),
    "registration-address": (lambda: _registrations(one_address=True), "rate_limited", "registration-address"),
    "registration-total": (lambda: _registrations(one_address=False), "rate_limited", "registration-address"),
    "mail-account": (lambda: _resets(one_account=True, one_address=False), "rate_limited", "mail-account"),
    "mail-address": (lambda: _resets(one_account=False, one_address=True), "rate_limited", "mail-address"),
    "mail-total": (lambda: _resets(one_account=False, one_address=False), "rate_limited", "mail-account"),
    "token-failures": (lambda: _codes("/password-reset/confirm", one_address=True), "rate_limited", "token-failures"),
    "token-failures-total": (
        lambda: _codes("/verification/confirm", one_address=False),
        "rate_limited",
        "token-failures",
    ),
}
"""Limit → attempts of which each uses it up, the code over it, a limit whose standing every answer gives."""

_EXPECTED = {"sign": (401, 401), "registration": (503, 201), "mail": (202, 202), "token": (400, 400)}
"""First word of a limit → status before it is reached, without Redis and with it."""


@pytest.mark.parametrize("path", ["/verification/confirm", "/password-reset/confirm", "/register/confirm"])
async def test_codes_of_every_route_count_together(path: str, serve: Any, running_redis: Any) -> None:
    attempt = _codes(path, one_address=True)
    async with serve(running_redis.url, "token-failures=2/250") as client:
        assert (await _codes("/verification/confirm", one_address=True)(client, 0)).status_code == 400
        statuses = [(await attempt(client, number)).status_code for number in range(3)]
    assert statuses == [400, 429, 429]


@pytest.mark.parametrize("which", ["running_redis", "stopped_redis"])
@pytest.mark.parametrize("name", CASES)
async def test_over_the_limit_answers_429_and_says_when(
    name: str, which: str, serve: Any, request: pytest.FixtureRequest
) -> None:
    make, code, shown = CASES[name]
    attempt = make()
    async with serve(request.getfixturevalue(which).url, f"{name}=3/250") as client:
        before = [await attempt(client, number) for number in range(3)]
        over = await attempt(client, 3)
        again = await attempt(client, 4)
    without_redis, with_redis = _EXPECTED[name.partition("-")[0]]
    assert [answer.status_code for answer in before] == [without_redis if which == "stopped_redis" else with_redis] * 3
    for answer in (over, again):
        assert (answer.status_code, answer.json()["code"]) == (429, code)
        assert 1 <= int(answer.headers["retry-after"]) <= 250
        policies, states = _read(answer)
        assert policies[name] == (3, 250)
        assert states[name][0] == 0
        assert states[name][1] <= 250
    for answer in before:
        policies, states = _read(answer)
        assert shown in policies
        assert set(policies) == set(states)
        assert "sign-in-account" not in policies
        assert not [policy for policy in policies if policy.endswith("-total")]
    if name == shown:
        assert [_read(answer)[1][name][0] for answer in before] == [2, 1, 0]


def _read(answer: httpx.Response) -> tuple[dict[str, tuple[int, int]], dict[str, tuple[int, int]]]:
    """Read the two headers: limit → quota and window, limit → remaining and seconds."""
    found = []
    for header, first, second in (("ratelimit-policy", "q", "w"), ("ratelimit", "r", "t")):
        items = [
            re.fullmatch(rf'"([a-z-]+)";{first}=(\d+);{second}=(\d+)', item)
            for item in answer.headers[header].split(", ")
        ]
        found.append({item[1]: (int(item[2]), int(item[3])) for item in items if item})
        assert None not in items
    return found[0], found[1]


async def test_ipv6_addresses_of_one_network_are_one(serve: Any, running_redis: Any) -> None:
    async with serve(running_redis.url, "sign-in-address=3/250") as client:
        statuses = [
            (await _post(client, "/login", {"email": _email(), "password": "x"}, f"2001:db8:7:8::{n}")).status_code
            for n in range(5)
        ]
        other = await _post(client, "/login", {"email": _email(), "password": "x"}, "2001:db8:7:9::1")
    assert statuses == [401, 401, 401, 429, 429]
    assert other.status_code == 401


async def test_strangers_cannot_lock_out_who_signed_in_from_there_before(
    serve: Any, running_redis: Any, person: Any
) -> None:
    ann, elsewhere = person(), person()
    async with serve(running_redis.url, "sign-in-account=5/250 sign-in-total=9/250") as client:
        ann.client = elsewhere.client = client
        await ann.register()
        for number in range(6):
            answer = await _post(client, "/login", {"email": ann.email, "password": "x"}, _address(1_000 + number))
        assert (answer.status_code, answer.json()["code"]) == (429, "sign_in_limited")
        elsewhere.email, elsewhere.password = ann.email, ann.password
        assert (await elsewhere.login()).status_code == 429
        assert (await ann.login(password="not the password")).status_code == 401
        assert (await ann.login()).status_code == 200
        for number in range(9):
            await _post(client, "/login", {"email": _email(), "password": "x"}, _address(2_000 + number))
        assert (await _post(client, "/login", {"email": _email(), "password": "x"}, _address(3_000))).status_code == 429
        assert (await ann.login()).status_code == 200


async def test_who_has_a_session_may_change_the_password_from_anywhere(
    serve: Any, running_redis: Any, person: Any
) -> None:
    ann = person()
    async with serve(running_redis.url, "sign-in-account=1/250") as ann.client:
        await ann.register()
        identity = await _identity(running_redis.url, ann.session)
        await _post(ann.client, "/login", {"email": ann.email, "password": "x"}, _address(4_000))
        answer = await ann.client.put(
            "/api/v1/auth/password",
            json={"present_password": ann.password, "new_password": "quite another password"},
            headers={"x-session": ann.session, "x-identity": identity, "x-forwarded-for": _address(4_001)},
        )
    assert answer.status_code == 200


async def _identity(redis_url: str, session: str) -> str:
    async with Redis.from_url(redis_url, decode_responses=True) as client:
        return str(await client.hget(f"session:{sha256(session.encode()).hexdigest()}", "identity"))


async def test_a_right_password_uses_nothing_up(serve: Any, running_redis: Any, person: Any) -> None:
    ann = person()
    async with serve(running_redis.url, "sign-in=2/250 sign-in-address=2/250 sign-in-total=2/250") as ann.client:
        await ann.register()
        for _ in range(4):
            answer = await ann.login()
            assert answer.status_code == 200
            assert _read(answer)[1]["sign-in"] == (2, 0)
