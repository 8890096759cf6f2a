from __future__ import annotations

import hashlib
import secrets
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
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
from gateway_stand_ins.platform import INTERNAL_TOKEN, Platform
from gateway_stand_ins.running import running, service_server
from gateway_stand_ins.service import StandInService


@pytest.fixture
async def start_service() -> AsyncIterator[Callable[[], Awaitable[StandInService]]]:
    async with AsyncExitStack() as stack:

        async def start() -> StandInService:
            service = StandInService()
            service.url = await stack.enter_async_context(running(service_server(service)))
            return service

        yield start


@pytest.fixture
async def start_platform(
    redis_url: str, start_service: Callable[[], Awaitable[StandInService]]
) -> AsyncIterator[Callable[..., Awaitable[Platform]]]:
    """``await start_platform(trusted_proxy_hops=1)``: a gateway with options of its own."""
    async with AsyncExitStack() as stack:

        async def start(**changes: Any) -> Platform:
            names = ("auth", "catalog", "installs", "publishing")
            services = {name: await start_service() for name in names}
            store = await start_service()
            options = replace(
                Options(
                    redis_url=redis_url,
                    upstream_urls={name: service.url for name, service in services.items()},
                    internal_token=INTERNAL_TOKEN,
                    s3_endpoint_url=store.url,
                    upload_limit_bytes=25 * 1024 * 1024,
                    secure=False,
                ),
                **changes,
            )
            server = make_server(Gateway(partial(open_parts, options)), host="127.0.0.1", port=0)
            url = await stack.enter_async_context(running(server))
            client = await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=20))
            return Platform(url=url, client=client, store=store, options=options, **services)

        yield start


@pytest.fixture
async def platform(start_platform: Callable[..., Awaitable[Platform]]) -> Platform:
    return await start_platform()


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
        fields = {"identity": identity, "identity_expires_at": str(time.time() + lives_seconds), "kind": "user"}
        await redis_client.hset(key, mapping=fields)
        return session

    return write


@pytest.fixture
def new_session() -> Callable[[], str]:
    """Names of sessions that no other test uses."""
    return lambda: secrets.token_urlsafe(32)
