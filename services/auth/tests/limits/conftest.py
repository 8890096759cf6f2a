"""A Redis of these tests' own, which they stop, silence and start again."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx
import pytest
from pydantic import SecretStr
from redis import Redis

from auth.config import ServeSettings
from auth.main import build_app
from testkit.client import asgi_client
from testkit.local_servers import LocalServers
from testkit.servers import Redis as RedisAddress

Serve = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


class OwnRedis:
    def __init__(self) -> None:
        self.servers = LocalServers()
        address = self.servers.start(["redis"])["redis"]
        assert isinstance(address, RedisAddress)
        self.url = address.url

    def stop(self) -> None:
        self.servers.kill("redis")

    def start(self) -> None:
        self.servers.launch("redis")

    @property
    def is_ready(self) -> bool:
        return self.servers.why_not_ready("redis") is None


@pytest.fixture(scope="module")
def own_redis() -> Iterator[OwnRedis]:
    own = OwnRedis()
    yield own
    own.servers.stop()


@pytest.fixture
def running_redis(own_redis: OwnRedis) -> OwnRedis:
    """Empty, since what is counted for all is counted under one key."""
    with Redis.from_url(own_redis.url) as client:
        client.flushall()
    return own_redis


@pytest.fixture(scope="module")
def stopped_redis() -> Iterator[OwnRedis]:
    own = OwnRedis()
    own.stop()
    yield own
    own.servers.stop()


@pytest.fixture
def serve(settings: ServeSettings) -> Serve:
    """``async with serve(redis_url, "sign-in=3/300") as client``: with a Redis and limits of the test's own."""

    @asynccontextmanager
    async def run(redis_url: str, limits: str) -> AsyncIterator[httpx.AsyncClient]:
        own = settings.model_copy(update={"redis_url": SecretStr(redis_url), "limits": limits})
        async with asgi_client(build_app(own)) as client:
            yield client

    return run
