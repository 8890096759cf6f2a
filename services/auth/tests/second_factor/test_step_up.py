"""Proving again who one is."""

from typing import Any

import pytest


async def test_the_password_makes_an_authentication_recent_and_rotates_the_session(person: Any, gateway: Any) -> None:
    ann = person()
    await ann.register()
    await ann.age(3600)
    refused = await ann.call("POST", "/auth/second-factor/totp")
    assert (refused.status_code, refused.json()["code"]) == (403, "recent_authentication_required")
    former, before = ann.session, await ann.me()
    wrong = await ann.call("POST", "/auth/step-up", {"password": "quite another one"})
    assert (wrong.status_code, wrong.json()["code"], ann.session) == (403, "password_wrong", former)
    answer = await ann.call("POST", "/auth/step-up", {"password": ann.password})
    assert answer.status_code == 200
    assert answer.json()["session"]["token"] == ann.session != former
    assert (await gateway.renew(former)).status_code == 401
    after = await ann.me()
    assert after["authenticated_at"] > before["authenticated_at"]
    assert after["methods"] == ["password"]
    assert (await ann.call("POST", "/auth/second-factor/totp")).status_code == 201
    sessions = (await ann.call("GET", "/auth/sessions")).json()["sessions"]
    assert [each["is_current"] for each in sessions] == [True]


async def test_a_session_under_another_id_ends_when_it_would_have(person: Any, redis_client: Any) -> None:
    ann = person()
    await ann.register()
    [former] = [key async for key in redis_client.scan_iter("session:*") if await _is_of(redis_client, key, ann)]
    await redis_client.expire(former, 1_000)
    before = await redis_client.hmget(former, "opened_at", "ends_at", "device")
    assert (await ann.call("POST", "/auth/step-up", {"password": ann.password})).status_code == 200
    [key] = [key async for key in redis_client.scan_iter("session:*") if await _is_of(redis_client, key, ann)]
    assert 900 < await redis_client.ttl(key) <= 1_000
    assert await redis_client.hmget(key, "opened_at", "ends_at", "device") == before


async def _is_of(redis_client: Any, key: str, person: Any) -> bool:
    return bool(await redis_client.hget(key, "subject") == (await person.me())["user"]["id"])


async def test_with_a_second_factor_the_password_is_not_enough(armed: Any) -> None:
    ann = await armed()
    await ann.person.age(3600)
    answer = await ann.step_up(password=ann.person.password)
    assert (answer.status_code, answer.json()["code"]) == (403, "password_not_enough")
    former = ann.person.session
    wrong = await ann.step_up(recovery_code="wrong")
    assert (wrong.status_code, wrong.json()["code"], ann.person.session) == (403, "second_factor_wrong", former)
    code = ann.code()
    assert (await ann.step_up(code=code)).status_code == 200
    assert ann.person.session != former
    assert (await ann.person.me())["methods"] == ["totp"]
    assert (await ann.step_up(code=code)).json()["code"] == "second_factor_wrong"
    assert (await ann.step_up(recovery_code=ann.recovery_codes[3])).status_code == 200


@pytest.mark.parametrize("body", [{}, {"password": "a", "code": "123456"}, {"code": 123456}, {"assertion": []}])
async def test_exactly_one_proof_is_taken(person: Any, body: dict[str, Any]) -> None:
    ann = person()
    await ann.register()
    assert (await ann.call("POST", "/auth/step-up", body)).status_code == 422


async def test_visitors_and_dead_sessions_cannot_step_up(person: Any, gateway: Any) -> None:
    visitor = person((await gateway.mint()).json()["session"])
    for somebody in (visitor, person()):
        answer = await somebody.call("POST", "/auth/step-up", {"password": "secret secret"})
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
