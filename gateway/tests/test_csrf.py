"""Changes by cookie, every one of the API document, of pages elsewhere and of clients that tell no origin."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest

import gateway
from contracts.csrf import csrf_token
from gateway_stand_ins.platform import Platform
from gateway_stand_ins.service import Seen

DOCUMENT = json.loads((Path(gateway.__file__).parent / "openapi.json").read_text())
CHANGES = sorted(
    (method.upper(), re.sub(r"\{\w+\}", "a", path))
    for path, operations in DOCUMENT["paths"].items()
    for method in operations
    if method in {"post", "put", "patch", "delete"}
)
INSTALL = "/api/v1/user/plugins/install"


@pytest.fixture
async def session(sign_in: Callable[..., Awaitable[str]], new_session: Callable[[], str]) -> str:
    return await sign_in(new_session())


@pytest.fixture
async def bare(steady: Platform) -> AsyncIterator[httpx.AsyncClient]:
    """A client that tells nothing of itself."""
    async with httpx.AsyncClient(base_url=steady.url, timeout=20) as client:
        yield client


def _seen(platform: Platform) -> list[Seen]:
    services = (platform.auth, platform.installs, platform.publishing, platform.catalog)
    return [each for service in services for each in service.seen]


def test_the_document_has_changes() -> None:
    assert ("POST", INSTALL) in CHANGES
    assert len(CHANGES) > 25


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"origin": "https://evil.test"}, "origin_refused"),
        ({"sec-fetch-site": "cross-site"}, "origin_refused"),
        ({}, "csrf_token_required"),
        ({"x-csrf-token": csrf_token("another session")}, "csrf_token_required"),
        ({"x-csrf-token": ""}, "csrf_token_required"),
    ],
)
async def test_no_change_is_made_by_a_cookie_alone(
    bare: httpx.AsyncClient, steady: Platform, session: str, headers: dict[str, str], code: str
) -> None:
    for method, path in CHANGES:
        answer = await bare.request(method, path, headers={"cookie": f"sid={session}", **headers})
        assert (method, path, answer.status_code, answer.json()["code"]) == (method, path, 403, code)
    assert _seen(steady) == []


async def test_every_change_is_passed_on_with_the_session_s_token(
    bare: httpx.AsyncClient, steady: Platform, session: str
) -> None:
    headers = {"cookie": f"sid={session}", "x-csrf-token": csrf_token(session)}
    for method, path in CHANGES:
        answer = await bare.request(method, path, headers=headers)
        assert (method, path, answer.status_code) != (method, path, 403)
    seen = _seen(steady)
    assert len(seen) == len(CHANGES)
    assert not any(each.header("x-csrf-token") for each in seen)


@pytest.mark.parametrize("by", ["bearer", "nothing", "a cookie whose session is over", "a read"])
async def test_who_needs_no_token(
    bare: httpx.AsyncClient, steady: Platform, session: str, new_session: Callable[[], str], by: str
) -> None:
    steady.installs.reply(INSTALL, "{}")
    steady.installs.reply("/api/v1/user/plugins", "[]")
    headers = {
        "bearer": {"authorization": f"Bearer {session}", "cookie": f"sid={new_session()}"},
        "nothing": {},
        "a cookie whose session is over": {"cookie": f"sid={new_session()}"},
        "a read": {"cookie": f"sid={session}"},
    }[by]
    method, path = ("GET", "/api/v1/user/plugins") if by == "a read" else ("POST", INSTALL)
    assert (await bare.request(method, path, headers=headers)).status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/plugins", "/api/v1/auth/me", "/api/v1/user/plugins", "/api/v1/changes"])
@pytest.mark.parametrize("query", ["access_token={}", "a=b&access%5Ftoken={}", "access_token="])
async def test_a_token_in_the_query_is_refused(steady: Platform, session: str, path: str, query: str) -> None:
    answer = await steady.client.get(f"{path}?{query.format(session)}")
    assert (answer.status_code, answer.json()["code"]) == (400, "token_in_query")
    assert session not in answer.text


@pytest.mark.parametrize("name", ["token", "sid", "session", "ACCESS_TOKEN", "authorization"])
async def test_nothing_in_a_query_signs_in(steady: Platform, session: str, name: str) -> None:
    answer = await steady.client.get(f"/api/v1/developer/plugins?{name}={session}")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    steady.auth.reply("/api/v1/auth/me", "{}")
    assert (await steady.client.get(f"/api/v1/auth/me?{name}={session}")).status_code == 200
    assert steady.auth.last.header("x-identity") is None
