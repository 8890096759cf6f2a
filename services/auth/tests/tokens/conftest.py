from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest

INTERNAL_TOKEN = "internal-token-of-the-tests"


class InternalTokens:
    """What the gateway and publishing ask."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def exchange(self, token: str, *, address: str = "198.51.100.7") -> httpx.Response:
        return await self._call("exchange", {"token": token, "address": address})

    async def claims(self, token: str, **more: Any) -> dict[str, Any]:
        answer = await self.exchange(token, **more)
        assert answer.status_code == 200, answer.text
        return dict(jwt.decode(answer.json()["identity"], options={"verify_signature": False}))

    async def mint(self, **changes: Any) -> httpx.Response:
        body = {
            "plugin_id": "chart-js",
            "name": "github 1",
            "issuer": "https://issuer.example",
            "jti": uuid4().hex,
            "address": "198.51.100.7",
        }
        return await self._call("mint", body | changes)

    async def _call(self, path: str, body: Any) -> httpx.Response:
        return await self.client.post(
            f"/internal/tokens/{path}", json=body, headers={"x-internal-token": INTERNAL_TOKEN}
        )


@pytest.fixture
def internal(client: httpx.AsyncClient) -> InternalTokens:
    return InternalTokens(client)


@pytest.fixture
def new_token() -> Callable[..., Awaitable[dict[str, Any]]]:
    """``await new_token(ann, scopes=[…])`` makes a token of a person and gives what the answer says."""

    async def make(owner: Any, **changes: Any) -> dict[str, Any]:
        body = {"name": "laptop", "scopes": ["installs:read"]} | changes
        answer = await owner.call("POST", "/auth/tokens", body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    return make
