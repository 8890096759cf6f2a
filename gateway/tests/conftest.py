from __future__ import annotations

import hashlib
import json
import secrets
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import redis.asyncio

# pytest names this module gateway.tests.conftest after its folder, and makes up a package `gateway` for that.
if getattr(sys.modules.get("gateway"), "__file__", None) is None:
    sys.modules.pop("gateway", None)

from gateway.application import Gateway
from gateway.assembly import open_parts
from gateway.options import Options
from gateway.server import make_server

sys.path.insert(0, str(Path(__file__).parent / "support"))  # helpers that several test files share

from gateway_stand_ins.gate import Gate, gate_before
from gateway_stand_ins.platform import ANONYMOUS, INTERNAL_TOKEN, NO_REDIS, Platform
from gateway_stand_ins.running import running, service_server
from gateway_stand_ins.service import StandInService
from testkit.waiting import eventually

BROWSER = {"sec-fetch-site": "same-origin"}
"""What a browser tells; see test_csrf.py for clients that do not."""

SERVICES = ("auth", "catalog", "installs", "publishing")


@pytest.fixture
async def start_service() -> AsyncIterator[Callable[..., Awaitable[StandInService]]]:
    """``await start_service()``: one more stand-in, which ends with the test."""
    async with AsyncExitStack() as stack:

        async def start(port: int = 0) -> StandInService:
            service = StandInService()
            service.url = await stack.enter_async_context(running(service_server(service), port))
            return service

        yield start


@pytest.fixture(scope="session")
async def stand_ins() -> AsyncIterator[dict[str, StandInService]]:
    """The servers behind every gateway of this session; each test finds them empty."""
    async with AsyncExitStack() as stack:
        services = {name: StandInService() for name in (*SERVICES, "store")}
        for service in services.values():
            service.url = await stack.enter_async_context(running(service_server(service)))
        yield services


@pytest.fixture
def services(stand_ins: dict[str, StandInService]) -> dict[str, StandInService]:
    for service in stand_ins.values():
        service.forget()
    stand_ins["auth"].reply("/internal/anonymous", json.dumps(ANONYMOUS))
    return stand_ins


@asynccontextmanager
async def _running_platform(services: dict[str, StandInService], options: Options) -> AsyncIterator[Platform]:
    gateway = Gateway(partial(open_parts, options))
    server = make_server(gateway, host="127.0.0.1", port=0)
    async with running(server) as url, httpx.AsyncClient(base_url=url, timeout=20, headers=BROWSER) as client:
        if options.redis_url != NO_REDIS:
            # Connecting to the feed of purges empties the cache; tests of the cache begin after that.
            await eventually(lambda: gateway._parts is not None and gateway._parts.reads._purges_arrive())
        yield Platform(url=url, client=client, options=options, stop=gateway.stop, **services)


def _options(services: dict[str, StandInService], redis_url: str) -> Options:
    return Options(
        redis_url=redis_url,
        upstream_urls={name: services[name].url for name in SERVICES},
        internal_token=INTERNAL_TOKEN,
        s3_endpoint_url=services["store"].url,
        upload_limit_bytes=25 * 1024 * 1024,
        secure=False,
    )


@pytest.fixture
async def start_platform(
    redis_url: str, services: dict[str, StandInService]
) -> AsyncIterator[Callable[..., Awaitable[Platform]]]:
    """``await start_platform(trusted_proxy_hops=1)``: a gateway with options of its own."""
    async with AsyncExitStack() as stack:

        async def start(**changes: Any) -> Platform:
            options = replace(_options(services, redis_url), **changes)
            return await stack.enter_async_context(_running_platform(services, options))

        yield start


@pytest.fixture
async def platform(start_platform: Callable[..., Awaitable[Platform]]) -> Platform:
    """A gateway of the test's own."""
    return await start_platform()


@pytest.fixture(scope="session")
async def lasting_platform(redis_url: str, stand_ins: dict[str, StandInService]) -> AsyncIterator[Platform]:
    async with _running_platform(stand_ins, _options(stand_ins, redis_url)) as platform:
        yield platform


@pytest.fixture
def steady(lasting_platform: Platform, services: dict[str, StandInService]) -> Platform:  # noqa: ARG001 - emptied
    """One gateway for all tests that leave nothing behind in it."""
    return lasting_platform


@pytest.fixture
async def redis_client(redis_url: str) -> AsyncIterator[redis.asyncio.Redis]:
    async with redis.asyncio.Redis.from_url(redis_url, decode_responses=True) as client:
        yield client


@pytest.fixture
async def redis_gate(redis_url: str) -> AsyncIterator[Gate]:
    address = urlsplit(redis_url)
    assert address.hostname is not None
    assert address.port is not None
    async with gate_before(address.hostname, address.port) as gate:
        yield gate


@pytest.fixture
def gated_redis_url(redis_url: str, redis_gate: Gate) -> str:
    return redis_url.replace(f":{urlsplit(redis_url).port}/", f":{redis_gate.port}/")


@pytest.fixture
def sign_in(redis_client: redis.asyncio.Redis) -> Callable[..., Awaitable[str]]:
    """``await sign_in("a-session-of-16-or-more", identity="…")``: writes a session as auth does."""

    async def write(session: str, *, identity: str = "signed.identity.token", lives_seconds: float = 300) -> str:
        key = f"session:{hashlib.sha256(session.encode()).hexdigest()}"
        fields: dict[Any, Any] = {
            "identity": identity,
            "identity_expires_at": str(time.time() + lives_seconds),
            "kind": "user",
        }
        await redis_client.hset(key, mapping=fields)
        return session

    return write


@pytest.fixture
def new_session() -> Callable[[], str]:
    """Names of sessions that no other test uses."""
    return lambda: secrets.token_urlsafe(32)
