from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest
from redis.asyncio import Redis
from sqlalchemy import text

from auth.storage.tables import METADATA
from contracts.api_tokens import is_token


async def _shown(person: Any) -> list[dict[str, Any]]:
    answer = await person.call("GET", "/auth/tokens")
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return list(answer.json()["tokens"])


async def test_a_token_is_shown_once_and_listed_without_its_secret(person: Any, new_token: Any) -> None:
    ann = person()
    await ann.register()
    made = await new_token(ann, scopes=["installs:read", "installs:write:chart-*"], source_ranges=["192.0.2.0/24"])
    assert is_token(made["token"])
    life = datetime.fromisoformat(made["expires_at"]) - datetime.fromisoformat(made["created_at"])
    assert life == timedelta(days=90)
    [listed] = await _shown(ann)
    assert listed == {key: value for key, value in made.items() if key != "token"}
    assert listed["scopes"] == ["installs:read", "installs:write:chart-*"]
    assert (listed["made_by"], listed["source_ranges"], listed["last_used_at"]) == ("hand", ["192.0.2.0/24"], None)


@pytest.mark.parametrize(
    "changes",
    [
        {"scopes": []},
        {"scopes": ["everything"]},
        {"scopes": ["installs:read:A"]},
        {"scopes": ["installs:read"] * 21},
        {"expires_in_days": 0},
        {"expires_in_days": 366},
        {"expires_in_days": None},
        {"source_ranges": ["192.0.2.1/24"]},
        {"source_ranges": ["nowhere"]},
        {"name": ""},
        {"more": 1},
    ],
)
async def test_what_is_no_sound_token_is_refused(person: Any, changes: dict[str, Any]) -> None:
    ann = person()
    await ann.register()
    answer = await ann.call("POST", "/auth/tokens", {"name": "x", "scopes": ["installs:read"]} | changes)
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")


async def test_scopes_are_those_that_the_account_could_use(person: Any, new_token: Any) -> None:
    ann = person()
    await ann.register()
    body = {"name": "ci", "scopes": ["versions:publish:chart-*"]}
    refused = await ann.call("POST", "/auth/tokens", body)
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_not_usable")
    assert (await ann.call("POST", "/developer/register", {"display_name": "Ann"})).status_code == 201
    assert (await new_token(ann, **body))["scopes"] == body["scopes"]


async def test_making_one_takes_a_recent_authentication(person: Any) -> None:
    ann = person()
    await ann.register()
    await ann.age(601)
    answer = await ann.call("POST", "/auth/tokens", {"name": "x", "scopes": ["installs:read"]})
    assert (answer.status_code, answer.json()["code"]) == (403, "recent_authentication_required")


async def test_an_ended_session_makes_none(person: Any, redis_client: Any) -> None:
    ann = person()
    await ann.register()
    bob = person(ann.session)
    identity = await _identity(ann, redis_client)
    await ann.call("POST", "/auth/logout")
    answer = await bob.call(
        "POST", "/auth/tokens", {"name": "x", "scopes": ["installs:read"]}, headers={"x-identity": identity}
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def _identity(person: Any, redis_client: Redis) -> str:
    found = await redis_client.hget(f"session:{sha256(person.session.encode()).hexdigest()}", "identity")
    assert found is not None
    return str(found)


async def test_no_token_looks_after_tokens(person: Any, new_token: Any, internal: Any, client: Any) -> None:
    ann = person()
    await ann.register()
    made = await new_token(ann)
    identity = (await internal.exchange(made["token"])).json()["identity"]
    for method, path in (("GET", "/auth/tokens"), ("POST", "/auth/tokens"), ("DELETE", f"/auth/tokens/{made['id']}")):
        body = {"name": "x", "scopes": ["installs:read"]} if method == "POST" else None
        answer = await client.request(method, f"/api/v1{path}", json=body, headers={"x-identity": identity})
        assert (answer.status_code, answer.json()["code"]) == (403, "token_limited"), path


async def test_an_account_has_fifty_also_when_many_are_made_at_once(person: Any, database: Any) -> None:
    ann = person()
    user_id = (await ann.register()).json()["user"]["id"]
    async with database.transaction() as connection:
        await connection.execute(
            text(
                "INSERT INTO api_tokens (id, user_id, token_hash, kind, name, scopes, source_ranges, expires_at)"
                " SELECT gen_random_uuid(), CAST(:id AS uuid), sha256(gen_random_uuid()::text::bytea), 'api', 'x',"
                " '{installs:read}', '{}', now() + interval '1 day' FROM generate_series(1, 47)"
            ),
            {"id": user_id},
        )
    body = {"name": "x", "scopes": ["installs:read"]}
    people = [person(ann.session) for _ in range(6)]
    answers = await asyncio.gather(*(each.call("POST", "/auth/tokens", body) for each in people))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 3
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"too_many_tokens"}


async def test_a_revoked_token_ends_and_another_s_is_as_good_as_none(
    person: Any, new_token: Any, internal: Any, rows: Any
) -> None:
    ann, bob = person(), person()
    user_id = (await ann.register()).json()["user"]["id"]
    await bob.register()
    made, other = await new_token(ann), await new_token(ann)
    for token in (made, other):
        assert (await internal.exchange(token["token"])).status_code == 200
    hidden = await bob.call("DELETE", f"/auth/tokens/{made['id']}")
    assert (hidden.status_code, hidden.json()["code"]) == (404, "token_not_found")
    assert (await ann.call("DELETE", f"/auth/tokens/{made['id']}")).status_code == 204
    refused = await internal.exchange(made["token"])
    assert (refused.status_code, refused.json()["code"]) == (401, "token_unknown")
    assert (await internal.exchange(other["token"])).status_code == 200
    for unknown in (made["id"], str(uuid4()), "nothing"):
        assert (await ann.call("DELETE", f"/auth/tokens/{unknown}")).status_code == 404
    assert [each["id"] for each in await _shown(ann)] == [other["id"]]
    entries = await rows(
        "SELECT action, target_id, before, after FROM audit_entries WHERE user_id::text = :id"
        " AND action LIKE 'token.%' ORDER BY id",
        id=user_id,
    )
    assert [(each["action"], each["target_id"]) for each in entries] == [
        ("token.created", made["id"]),
        ("token.created", other["id"]),
        ("token.revoked", made["id"]),
    ]
    assert entries[0]["after"] == {"name": "laptop", "scopes": ["installs:read"]} == entries[2]["before"]


async def test_nothing_that_is_kept_is_a_token(
    person: Any, new_token: Any, internal: Any, database: Any, redis_client: Any
) -> None:
    ann = person()
    user_id = (await ann.register()).json()["user"]["id"]
    await ann.call("POST", "/developer/register", {"display_name": "Ann"})
    tokens = [(await new_token(ann))["token"] for _ in range(18)]
    for _ in range(2):
        answer = await internal.mint(account_id=user_id, assertion_expires_at=int(time.time()) + 60)
        tokens.append(answer.json()["token"])
    for token in tokens:
        assert (await internal.exchange(token)).status_code == 200
    kept = ""
    async with database.read() as connection:
        for table in METADATA.tables:
            found = await connection.execute(text(f"SELECT t::text AS row FROM {table} t"))
            kept += "\n".join(row.row for row in found)
    async for key in redis_client.scan_iter("*"):
        kind = await redis_client.type(key)
        read = {"hash": redis_client.hgetall, "string": redis_client.get, "set": redis_client.smembers}.get(kind)
        kept += f"\n{key} {await read(key) if read else ''}"
    assert [each for each in await _shown(ann) if each["made_by"] == "trusted-publishing"]
    assert not [token for token in tokens if token in kept or token.rpartition("_")[2] in kept]
