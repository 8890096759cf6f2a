import json
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text


async def test_renewal_gives_a_fresh_identity_and_lets_the_session_live_on(
    person: Any, gateway: Any, redis_client: Any
) -> None:
    ann = person()
    user_id = (await ann.register()).json()["user"]["id"]
    [session_hash] = await redis_client.zrange(f"sessions-of:{user_id}", 0, -1)
    key = f"session:{session_hash}"
    await redis_client.expire(key, 1_000)
    await redis_client.hset(key, mapping={"identity": "old", "identity_expires_at": "1"})
    answer = await gateway.renew(ann.session)
    body = answer.json()
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert set(body) == {"identity", "expires_at", "max_age_seconds"}
    assert body["max_age_seconds"] == 604_800
    assert 290 < body["expires_at"] - time.time() <= 300
    assert await redis_client.hget(key, "identity") == body["identity"]
    assert await redis_client.hget(key, "identity_expires_at") == str(body["expires_at"])
    assert await redis_client.ttl(key) > 604_700
    assert (await ann.me())["kind"] == "user"


async def test_renewal_of_an_account_that_is_gone_ends_the_session(
    person: Any, gateway: Any, redis_client: Any
) -> None:
    ann = person()
    user_id = (await ann.register()).json()["user"]["id"]
    [session_hash] = await redis_client.zrange(f"sessions-of:{user_id}", 0, -1)
    await redis_client.hset(f"session:{session_hash}", "subject", "00000000-0000-4000-8000-000000000000")
    assert (await gateway.renew(ann.session)).status_code == 401
    assert await redis_client.exists(f"session:{session_hash}") == 0


async def test_renewing_a_visitor_notes_that_it_was_seen_to_the_hour(
    gateway: Any, person: Any, rows: Any, database: Any
) -> None:
    session = (await gateway.mint()).json()["session"]
    anonymous_id = (await person(session=session).me())["anonymous_id"]

    async def age_seconds() -> float:
        statement = (
            "SELECT extract(epoch FROM now() - last_seen_at) AS age FROM anonymous_identities i WHERE i.id = :id"
        )
        return float((await rows(statement, id=UUID(anonymous_id)))[0]["age"])

    async def seen_minutes_ago(minutes: int) -> None:
        async with database.transaction() as connection:
            await connection.execute(
                text(
                    "UPDATE anonymous_identities SET last_seen_at = now() - make_interval(mins => :minutes)"
                    " WHERE id::text = :id"
                ),
                {"id": anonymous_id, "minutes": minutes},
            )

    await seen_minutes_ago(30)
    assert (await gateway.renew(session)).status_code == 200
    assert await age_seconds() > 1_700
    await seen_minutes_ago(90)
    assert (await gateway.renew(session)).status_code == 200
    assert await age_seconds() < 60


@pytest.mark.parametrize("session", ["", "x", "A" * 43, "../../etc", "A" * 42 + "*", "session:x", "A" * 43 + "\n"])
async def test_what_is_no_session_is_not_renewed(gateway: Any, session: str) -> None:
    answer = await gateway.renew(session)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize("token", [None, "", "wrong", "internal-token-of-the-test", "internal-token-of-the-testsx"])
@pytest.mark.parametrize("path", ["/internal/anonymous", "/internal/sessions/renew"])
async def test_only_the_gateway_reaches_internal_addresses(
    client: httpx.AsyncClient, path: str, token: str | None, rows: Any
) -> None:
    before = await rows("SELECT count(*) AS n FROM anonymous_identities")
    headers = {} if token is None else {"x-internal-token": token}
    answer = await client.post(path, json={"session": "A" * 43}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert await rows("SELECT count(*) AS n FROM anonymous_identities") == before


async def test_a_token_with_bytes_beyond_ascii_is_refused_like_any_other(client: httpx.AsyncClient) -> None:
    headers = [(b"x-internal-token", b"\xff\xfe\xe4")]
    answer = await client.post("/internal/anonymous", headers=headers)
    assert answer.status_code == 403


def test_internal_addresses_are_in_no_public_document() -> None:
    document = json.loads((Path(__file__).resolve().parents[2] / "openapi.json").read_text())
    assert [path for path in document["paths"] if not path.startswith("/api/v1/") or "internal" in path] == []
