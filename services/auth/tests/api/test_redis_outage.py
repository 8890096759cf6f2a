"""A Redis of these tests' own is stopped and comes back empty: nobody is ever signed in by that."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from auth.config import ServeSettings
from auth.main import build_app
from testkit.client import asgi_client
from testkit.local_servers import LocalServers
from testkit.servers import Redis as RedisAddress


@dataclass
class OwnRedis:
    servers: LocalServers
    url: str


@pytest.fixture
def own_redis() -> Iterator[OwnRedis]:
    servers = LocalServers()
    try:
        address = servers.start(["redis"])["redis"]
        assert isinstance(address, RedisAddress)
        yield OwnRedis(servers, address.url)
    finally:
        servers.stop()


@pytest.fixture
async def lonely_client(own_redis: OwnRedis, settings: ServeSettings) -> AsyncIterator[httpx.AsyncClient]:
    own = settings.model_copy(update={"redis_url": SecretStr(own_redis.url)})
    async with asgi_client(build_app(own)) as client:
        yield client


async def test_without_redis_nobody_signs_in_and_nothing_is_written(
    own_redis: OwnRedis, lonely_client: httpx.AsyncClient, person: Any, gateway: Any, rows: Any
) -> None:
    ann, newcomer = person(), person()
    ann.client = newcomer.client = gateway.client = lonely_client
    async with Redis.from_url(own_redis.url, decode_responses=True) as ann.redis:
        user_id = (await ann.register()).json()["user"]["id"]
        [session_hash] = await ann.redis.zrange(f"sessions-of:{user_id}", 0, -1)
        token = await ann.redis.hget(f"session:{session_hash}", "identity")
    session = ann.session
    visitors_before = await rows("SELECT count(*) AS n FROM anonymous_identities")
    own_redis.servers.stop()

    async def post(path: str, body: Any = None, **headers: str) -> httpx.Response:
        return await lonely_client.post(f"/api/v1{path}", json=body, headers=headers)

    signed_in = {"x-session": session, "x-identity": str(token)}
    hash_before = await rows("SELECT password_hash FROM credentials WHERE user_id::text = :id", id=user_id)
    answers = {
        "login": await post("/auth/login", {"email": ann.email, "password": ann.password}),
        "register": await post("/auth/register", newcomer.account()),
        "logout": await post("/auth/logout", **{"x-session": session}),
        "own sessions": await lonely_client.get("/api/v1/auth/sessions", headers=signed_in),
        "end a session": await lonely_client.delete(f"/api/v1/auth/sessions/{session_hash[:16]}", headers=signed_in),
        "end all others": await lonely_client.delete("/api/v1/auth/sessions", headers=signed_in),
        "change of password": await lonely_client.put(
            "/api/v1/auth/password",
            json={"present_password": ann.password, "new_password": "quite another password"},
            headers=signed_in,
        ),
        "renew": await gateway.renew(session),
        "mint": await gateway.mint(),
    }
    for name, answer in answers.items():
        assert (answer.status_code, answer.json()["code"]) == (503, "service_unavailable"), name
        assert int(answer.headers["retry-after"]) >= 1, name
        assert "set-cookie" not in answer.headers, name
    assert await rows("SELECT password_hash FROM credentials WHERE user_id::text = :id", id=user_id) == hash_before
    assert await rows("SELECT 1 FROM users WHERE email_key = :key", key=newcomer.email) == []
    assert await rows("SELECT count(*) AS n FROM anonymous_identities") == visitors_before
    assert (
        await rows("SELECT 1 FROM audit_entries WHERE user_id::text = :id AND action LIKE 'session%'", id=user_id) == []
    )
    me = await lonely_client.get("/api/v1/auth/me", headers={"x-identity": str(token)})
    assert me.status_code == 200  # needs no session store
    assert (await lonely_client.get("/livez")).status_code == 200
    # Passwords are looked at all the same, within the limits; see tests/limits.
    wrong = await post("/auth/login", {"email": ann.email, "password": "wrong password"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "credentials_invalid")
