"""The service in this process, on real servers, and people who reach it as through the gateway."""

import hashlib
import itertools
import json
import sys
from collections.abc import AsyncIterator, Callable
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from redis.asyncio import Redis
from sqlalchemy import text

from auth.config import ServeSettings
from auth.main import build_app
from chassis.db import Database
from testkit.client import asgi_client
from testkit.databases import SessionDatabase
from testkit.identities import IdentityKeys

sys.path.insert(0, str(Path(__file__).parent / "support"))  # helpers that several test files share

INTERNAL_TOKEN = "internal-token-of-the-tests"
_addresses = (f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}" for n in itertools.count(1))


class Person:
    """Somebody with a browser, behind a gateway that turns the cookie into headers."""

    def __init__(self, client: httpx.AsyncClient, redis: Redis, session: str | None = None) -> None:
        self.client = client
        self.redis = redis
        self.session = session
        self.address = next(_addresses)
        self.email = f"{uuid4().hex}@example.com"
        self.password = f"secret {uuid4().hex}"

    async def call(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        headers = {"x-forwarded-for": self.address, **more.pop("headers", {})}
        if self.session is not None:
            headers["x-session"] = self.session
            identity = await self.redis.hget(f"session:{sha256(self.session)}", "identity")
            if identity is not None:
                headers["x-identity"] = str(identity)
        if body is not None:
            more["json"] = body
        answer = await self.client.request(method, f"/api/v1{path}", headers=headers, **more)
        self.client.cookies.clear()
        for line in answer.headers.get_list("set-cookie"):
            self.session = SimpleCookie(line)["sid"].value or None
        return answer

    async def register(self, **changes: Any) -> httpx.Response:
        return await self.call("POST", "/auth/register", self.account() | changes)

    async def login(self, **changes: Any) -> httpx.Response:
        return await self.call("POST", "/auth/login", {"email": self.email, "password": self.password} | changes)

    async def me(self) -> dict[str, Any]:
        answer = await self.call("GET", "/auth/me")
        assert answer.status_code == 200
        return dict(answer.json())

    async def age(self, seconds: int) -> None:
        """Let the session's holder have proved who they are so much earlier."""
        assert self.session is not None
        await self.redis.hincrby(f"session:{sha256(self.session)}", "authenticated_at", -seconds)
        assert (await Gateway(self.client).renew(self.session)).status_code == 200

    def account(self) -> dict[str, Any]:
        return {"email": self.email, "password": self.password, "name": "Ann Example"}


class Gateway:
    """The gateway's own calls."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def mint(self) -> httpx.Response:
        return await self._call("/internal/anonymous")

    async def renew(self, session: str) -> httpx.Response:
        return await self._call("/internal/sessions/renew", {"session": session})

    async def _call(self, path: str, body: Any = None) -> httpx.Response:
        return await self.client.post(path, json=body, headers={"x-internal-token": INTERNAL_TOKEN})


def sha256(session: str) -> str:
    return hashlib.sha256(session.encode()).hexdigest()


@pytest.fixture(scope="session")
def settings(
    database_for: SessionDatabase, redis_url: str, identity_keys: IdentityKeys, second_factor_key_file: Path
) -> ServeSettings:
    return ServeSettings.model_validate(
        {
            "database_url": database_for("auth"),
            "redis_url": redis_url,
            "identity_private_key_file": identity_keys.private_key_file,
            "identity_public_key_file": identity_keys.public_key_file,
            "second_factor_key_file": second_factor_key_file,
            "internal_token": INTERNAL_TOKEN,
            "cookie_secure": False,
            "registration": "open",
            "limits": "registration-total=100000/60 sign-in-total=100000/60 invitation-total=100000/60",
        }
    )


@pytest.fixture(scope="session")
async def client(settings: ServeSettings) -> AsyncIterator[httpx.AsyncClient]:
    async with asgi_client(build_app(settings)) as client:
        yield client


@pytest.fixture(scope="session")
async def redis_client(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url, decode_responses=True) as client:
        yield client


@pytest.fixture(scope="session")
async def database(settings: ServeSettings) -> AsyncIterator[Database]:
    database = Database(url=settings.database_url.get_secret_value(), pool_size=4)
    yield database
    await database.close()


@pytest.fixture
def person(client: httpx.AsyncClient, redis_client: Redis) -> Callable[..., Person]:
    """``person(session=None)`` is somebody new, each with an address, an e-mail and a password of their own."""

    def make(session: str | None = None) -> Person:
        return Person(client, redis_client, session)

    return make


@pytest.fixture
def gateway(client: httpx.AsyncClient) -> Gateway:
    return Gateway(client)


@pytest.fixture
def rows(database: Database) -> Callable[..., Any]:
    """``await rows("SELECT …", name=value)`` gives rows as mappings."""

    async def read(statement: str, **values: Any) -> list[dict[str, Any]]:
        async with database.read() as connection:
            return [dict(row) for row in (await connection.execute(text(statement), values)).mappings()]

    return read


@pytest.fixture
def events_of(rows: Callable[..., Any]) -> Callable[..., Any]:
    """``await events_of(user_id)`` gives (type, sequence, payload) of the account's events in the outbox, in order."""

    async def read(user_id: str) -> list[tuple[str, int, dict[str, Any]]]:
        found = await rows(
            "SELECT type, sequence, payload::text AS payload FROM outbox WHERE aggregatetype = 'accounts.v1'"
            " AND aggregateid = :id ORDER BY position",
            id=user_id,
        )
        return [(row["type"], row["sequence"], json.loads(row["payload"])) for row in found]

    return read
