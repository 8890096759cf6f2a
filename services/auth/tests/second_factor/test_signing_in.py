"""Signing in with a one-time or recovery code."""

import asyncio
from typing import Any

import pytest

from auth.domain.limits import SECOND_FACTOR
from auth.storage.second_factor.challenges import MAX_ATTEMPTS


async def test_the_password_alone_opens_no_session(armed: Any, redis_client: Any, rows: Any) -> None:
    ann = await armed()
    user_id = (await ann.person.me())["user"]["id"]
    ann.person.session = None
    sessions = await redis_client.zcard(f"sessions-of:{user_id}")
    problem = await ann.begin()
    assert problem["methods"] == ["totp", "recovery-code"]
    assert problem["expires_in_seconds"] == 300
    assert "webauthn" not in problem
    assert await redis_client.zcard(f"sessions-of:{user_id}") == sessions
    assert problem["challenge"] not in str(await redis_client.keys("*"))
    answer = await ann.finish(problem, code=ann.code())
    assert answer.status_code == 200, answer.text
    assert answer.json()["session"]["token"] == ann.person.session
    me = await ann.person.me()
    assert (me["user"]["id"], me["methods"]) == (user_id, ["password", "totp"])
    actions = await rows("SELECT action, reason FROM audit_entries WHERE user_id::text = :id ORDER BY id", id=user_id)
    assert [(row["action"], row["reason"]) for row in actions[-2:]] == [
        ("session.second-factor-asked", None),
        ("session.signed-in", "totp"),
    ]


async def test_a_wrong_password_does_not_tell_of_the_second_factor(armed: Any, person: Any) -> None:
    ann = await armed()
    answer = await person().login(email=ann.person.email, password="quite another one")
    assert (answer.status_code, answer.json()["code"]) == (401, "credentials_invalid")
    assert "challenge" not in answer.json()


async def test_the_visitor_is_claimed_by_the_second_step_only(armed: Any, gateway: Any, rows: Any) -> None:
    ann = await armed()
    visitor = (await gateway.mint()).json()["session"]
    ann.person.session = visitor
    anonymous_id = (await ann.person.me())["anonymous_id"]
    claim = "SELECT user_id FROM anonymous_claims WHERE anonymous_id::text = :id"
    problem = await ann.begin()
    assert await rows(claim, id=anonymous_id) == []
    assert (await gateway.renew(visitor)).status_code == 200
    assert (await ann.finish(problem, code=ann.code())).status_code == 200
    assert len(await rows(claim, id=anonymous_id)) == 1
    assert (await gateway.renew(visitor)).status_code == 401


@pytest.mark.parametrize("spelling", ["{0}", "{1} {2}"])
async def test_a_code_works_once_however_it_is_written(armed: Any, spelling: str) -> None:
    ann = await armed()
    code = ann.code()
    assert (await ann.finish(await ann.begin(), code=spelling.format(code, code[:3], code[3:]))).status_code == 200
    for again in (code, f"{code[:3]} {code[3:]}"):
        answer = await ann.finish(await ann.begin(), code=again)
        assert (answer.status_code, answer.json()["code"]) == (401, "second_factor_invalid")


@pytest.mark.parametrize("form", ["{}\n", " {}", "{}0", "{:.5}", "wide"])
async def test_a_code_of_another_form_is_refused_unread(armed: Any, form: str) -> None:
    ann = await armed()
    code = ann.code()
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
    answer = await ann.finish(await ann.begin(), code=wide if form == "wide" else form.format(code))
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")
    assert code not in answer.text
    assert (await ann.finish(await ann.begin(), code=code)).status_code == 200


async def test_of_many_with_the_same_code_at_once_one_signs_in(armed: Any, person: Any) -> None:
    ann = await armed()
    problems = [await ann.begin() for _ in range(4)]
    code = ann.code()

    async def finish(problem: dict[str, Any]) -> int:
        body = {"challenge": problem["challenge"], "code": code}
        answer = await person().call("POST", "/auth/login/second-factor", body)
        return int(answer.status_code)

    assert sorted(await asyncio.gather(*map(finish, problems))) == [200, 401, 401, 401]


async def test_of_many_with_the_same_challenge_at_once_one_signs_in(armed: Any, person: Any) -> None:
    ann = await armed()
    problem = await ann.begin()

    async def finish(code: str) -> int:
        body = {"challenge": problem["challenge"], "recovery_code": code}
        answer = await person().call("POST", "/auth/login/second-factor", body)
        return int(answer.status_code)

    assert sorted(await asyncio.gather(*map(finish, ann.recovery_codes[:3]))) == [200, 401, 401]


async def test_a_recovery_code_works_once_and_any_spelling_of_it(armed: Any) -> None:
    ann = await armed()
    code = ann.recovery_codes[0]
    assert len(set(ann.recovery_codes)) == 10
    assert (await ann.finish(await ann.begin(), recovery_code=code.upper().replace("-", " "))).status_code == 200
    me = await ann.person.me()
    assert me["methods"] == ["password", "recovery-code"]
    factors = (await ann.person.call("GET", "/auth/second-factor")).json()
    assert factors["recovery_codes_left"] == 9
    answer = await ann.finish(await ann.begin(), recovery_code=code)
    assert (answer.status_code, answer.json()["code"]) == (401, "second_factor_invalid")


async def test_a_challenge_ends_with_its_success_after_five_failures_and_with_the_password(armed: Any) -> None:
    ann = await armed()
    done = await ann.begin()
    assert (await ann.finish(done, code=ann.code())).status_code == 200
    tried = await ann.begin()
    for _ in range(MAX_ATTEMPTS):
        assert (await ann.finish(tried, recovery_code="wrong")).json()["code"] == "second_factor_invalid"
    changed = await ann.begin()
    body = {"present_password": ann.person.password, "new_password": "quite another password"}
    assert (await ann.person.call("PUT", "/auth/password", body)).status_code == 200
    for over in (done, tried, changed, {"challenge": "A" * 43}):
        answer = await ann.finish(over, recovery_code=ann.recovery_codes[0])
        assert (answer.status_code, answer.json()["code"]) == (401, "challenge_ended")


async def test_failures_of_an_account_count_wherever_they_come_from(armed: Any, person: Any) -> None:
    ann = await armed()
    tried = 0
    while tried < SECOND_FACTOR.quota:
        problem = await ann.begin()
        for _ in range(min(MAX_ATTEMPTS, SECOND_FACTOR.quota - tried)):
            body = {"challenge": problem["challenge"], "recovery_code": "wrong"}
            answer = await person().call("POST", "/auth/login/second-factor", body)
            assert answer.json()["code"] == "second_factor_invalid"
            tried += 1
    answer = await ann.finish(await ann.begin(), code=ann.code())
    assert (answer.status_code, answer.json()["code"]) == (429, "second_factor_limited")
    assert int(answer.headers["retry-after"]) >= 1
