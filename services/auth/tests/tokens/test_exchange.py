from __future__ import annotations

import asyncio
import secrets
import time
from typing import Any

import pytest
from sqlalchemy import text

from auth.config import ServeSettings
from auth.domain.limits import TOKEN_FAILURES
from auth.main import build_app
from contracts.api_tokens import assemble_token, token_hash
from testkit.client import asgi_client


def _unknown() -> str:
    return assemble_token("api", secrets.token_hex(15))


async def test_a_token_becomes_an_identity_limited_to_its_scopes(
    person: Any, new_token: Any, internal: Any, redis_client: Any
) -> None:
    ann = person()
    user = (await ann.register()).json()["user"]
    made = await new_token(ann, scopes=["installs:read"], source_ranges=["192.0.2.0/24", "2001:db8::/32"])
    answer = await internal.exchange(made["token"], address="192.0.2.9")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["source_ranges"] == ["192.0.2.0/24", "2001:db8::/32"]
    claims = await internal.claims(made["token"], address="2001:db8::1")
    assert (claims["sub"], claims["kind"], claims["scopes"]) == (user["id"], "user", ["installs:read"])
    assert (claims["authenticated_at"], claims["methods"]) == (0, [])
    assert 290 < claims["exp"] - time.time() <= 300
    key = f"token:{token_hash(made['token'])}"
    entry = await redis_client.hgetall(key)
    assert (entry["source_ranges"], entry["identity_expires_at"]) == ("192.0.2.0/24,2001:db8::/32", str(claims["exp"]))
    assert 0 < await redis_client.ttl(key) <= 300
    [listed] = (await ann.call("GET", "/auth/tokens")).json()["tokens"]
    assert listed["last_used_network"] == "2001:db8::/48"
    assert listed["last_used_at"] is not None


async def test_an_identity_ends_with_its_token(person: Any, new_token: Any, internal: Any, database: Any) -> None:
    ann = person()
    await ann.register()
    made = await new_token(ann)
    change = text("UPDATE api_tokens SET expires_at = now() + make_interval(secs => :seconds) WHERE id::text = :id")
    async with database.transaction() as connection:
        await connection.execute(change, {"seconds": 100, "id": made["id"]})
    assert (await internal.claims(made["token"]))["exp"] - time.time() <= 100
    async with database.transaction() as connection:
        await connection.execute(change, {"seconds": -1, "id": made["id"]})
    assert (await internal.exchange(made["token"])).status_code == 401
    assert (await ann.call("GET", "/auth/tokens")).json()["tokens"] == []


async def test_use_from_elsewhere_is_refused_and_recorded_once_an_hour(
    person: Any, new_token: Any, internal: Any, rows: Any
) -> None:
    ann = person()
    await ann.register()
    made = await new_token(ann, source_ranges=["192.0.2.0/24"])
    for _ in range(3):
        answer = await internal.exchange(made["token"], address="198.51.100.1")
        assert (answer.status_code, answer.json()["code"]) == (403, "token_source_refused")
    entries = await rows(
        "SELECT reason, outcome, actor_kind FROM audit_entries WHERE target_id = :id AND action = 'token.use-refused'",
        id=made["id"],
    )
    assert entries == [{"reason": "source-range", "outcome": "refused", "actor_kind": "visitor"}]
    assert (await internal.exchange(made["token"], address="192.0.2.1")).status_code == 200


async def test_too_many_unknown_tokens_of_a_network_are_refused_but_never_a_good_one(
    settings: ServeSettings, person: Any, new_token: Any, internal: Any
) -> None:
    ann = person()
    await ann.register()
    made = await new_token(ann)
    few = settings.model_copy(update={"limits": f"{TOKEN_FAILURES.name}=3/300"})
    address = ann.address
    async with asgi_client(build_app(few)) as client:
        limited = type(internal)(client)
        answers = [await limited.exchange(_unknown(), address=address) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
        assert answers[-1].json()["code"] == "rate_limited"
        assert int(answers[-1].headers["retry-after"]) > 0
        assert (await limited.exchange(made["token"], address=address)).status_code == 200
        assert (await limited.exchange(_unknown(), address=person().address)).status_code == 401


async def test_a_change_of_rights_is_felt_at_once(
    person: Any, new_token: Any, internal: Any, redis_client: Any
) -> None:
    ann = person()
    await ann.register()
    made = await new_token(ann)
    assert (await internal.claims(made["token"]))["roles"] == ["user"]
    assert (await ann.call("POST", "/developer/register", {"display_name": "Ann's Charts"})).status_code == 201
    assert await redis_client.exists(f"token:{token_hash(made['token'])}") == 0
    claims = await internal.claims(made["token"])
    assert (claims["roles"], claims["name"]) == (["user", "developer"], "Ann's Charts")


async def test_a_revocation_among_uses_leaves_no_entry(
    person: Any, new_token: Any, internal: Any, redis_client: Any
) -> None:
    ann = person()
    await ann.register()
    for _ in range(5):
        made = await new_token(ann)
        uses = [internal.exchange(made["token"]) for _ in range(4)]
        revoked, *answers = await asyncio.gather(ann.call("DELETE", f"/auth/tokens/{made['id']}"), *uses)
        assert revoked.status_code == 204
        assert {answer.status_code for answer in answers} <= {200, 401}
        assert await redis_client.exists(f"token:{token_hash(made['token'])}") == 0
        assert (await internal.exchange(made["token"])).status_code == 401


@pytest.mark.parametrize("path", ["exchange", "mint"])
async def test_only_the_platform_itself_may_ask(client: Any, path: str) -> None:
    for headers in ({}, {"x-internal-token": "another-one-of-16"}):
        answer = await client.post(f"/internal/tokens/{path}", json={}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
