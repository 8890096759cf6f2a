from __future__ import annotations

import asyncio
import time
from typing import Any
from uuid import uuid4

from sqlalchemy import text

from auth.usecases.tokens.sweep_tokens import SweepTokens
from contracts.trusted_publishing import KEPT_AFTER_EXPIRY_SECONDS


async def _developer(person: Any) -> tuple[Any, str]:
    ann = person()
    user_id = (await ann.register()).json()["user"]["id"]
    await ann.call("POST", "/developer/register", {"display_name": "Ann"})
    return ann, user_id


async def test_a_minted_token_is_for_one_plugin_and_fifteen_minutes(person: Any, internal: Any) -> None:
    ann, user_id = await _developer(person)
    answer = await internal.mint(account_id=user_id, assertion_expires_at=int(time.time()) + 60)
    assert answer.status_code == 200
    assert 890 < answer.json()["expires_at"] - time.time() <= 900
    claims = await internal.claims(answer.json()["token"])
    assert (claims["sub"], claims["scopes"]) == (user_id, ["versions:publish:chart-js"])
    [entry, *_] = (await ann.call("GET", "/auth/audit")).json()["items"]
    assert (entry["action"], entry["reason"]) == ("token.created", "trusted-publishing")


async def test_fifty_at_once_make_one_token(person: Any, internal: Any, rows: Any) -> None:
    _, user_id = await _developer(person)
    same = {"account_id": user_id, "jti": uuid4().hex, "assertion_expires_at": int(time.time()) + 60}
    answers = await asyncio.gather(*(internal.mint(**same) for _ in range(50)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 49
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"assertion_replayed"}
    [count] = await rows("SELECT count(*) FROM api_tokens WHERE user_id::text = :id", id=user_id)
    assert count["count"] == 1
    another = await internal.mint(**same | {"issuer": "https://other.example"})
    assert another.status_code == 200


async def test_an_assertion_that_would_be_forgotten_is_refused(person: Any, internal: Any) -> None:
    _, user_id = await _developer(person)
    past = int(time.time()) - KEPT_AFTER_EXPIRY_SECONDS
    answer = await internal.mint(account_id=user_id, assertion_expires_at=past)
    assert (answer.status_code, answer.json()["code"]) == (409, "assertion_replayed")


async def test_a_refused_minting_uses_nothing_up(person: Any, internal: Any) -> None:
    ann = person()
    user_id = (await ann.register()).json()["user"]["id"]
    same = {"account_id": user_id, "jti": uuid4().hex, "assertion_expires_at": int(time.time()) + 60}
    refused = await internal.mint(**same)
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_not_usable")
    await ann.call("POST", "/developer/register", {"display_name": "Ann"})
    assert (await internal.mint(**same)).status_code == 200
    assert (await internal.mint(**same | {"account_id": str(uuid4()), "jti": uuid4().hex})).status_code == 401


async def test_used_assertions_are_kept_as_long_as_they_might_be_taken(
    person: Any, internal: Any, database: Any, rows: Any
) -> None:
    _, user_id = await _developer(person)
    jti = uuid4().hex
    same = {"account_id": user_id, "jti": jti, "assertion_expires_at": int(time.time()) - 30}
    token = (await internal.mint(**same)).json()["token"]
    sweep = SweepTokens(database=database)
    await sweep.execute()
    assert (await internal.mint(**same)).status_code == 409
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE used_assertions SET kept_until = now() WHERE jti = :jti"), {"jti": jti})
        await connection.execute(
            text("UPDATE api_tokens SET expires_at = now() - interval '2 days' WHERE user_id::text = :id"),
            {"id": user_id},
        )
    assert await sweep.execute() >= 2
    assert await rows("SELECT FROM used_assertions WHERE jti = :jti", jti=jti) == []
    assert await rows("SELECT FROM api_tokens WHERE user_id::text = :id", id=user_id) == []
    assert (await internal.exchange(token)).status_code == 401
