import asyncio
import hashlib
from typing import Any

import httpx
import pytest

_NEW = "quite another password"


async def _change(person: Any, present: str | None = None, new: str = _NEW, **more: Any) -> httpx.Response:
    body = {"present_password": present or person.password, "new_password": new} | more
    answer: httpx.Response = await person.call("PUT", "/auth/password", body)
    return answer


async def _same_account(person: Any, ann: Any) -> Any:
    other = person()
    other.email, other.password = ann.email, ann.password
    assert (await other.login()).status_code == 200
    return other


async def test_another_password_ends_all_other_sessions_and_rotates_this_one(
    person: Any, gateway: Any, rows: Any, redis_client: Any
) -> None:
    ann = person()
    user = (await ann.register()).json()["user"]
    other, former = await _same_account(person, ann), ann.session
    answer = await _change(ann)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["user"] == user
    assert answer.json()["session"]["token"] == ann.session != former
    assert [(await gateway.renew(each)).status_code for each in (former, other.session, ann.session)] == [401, 401, 200]
    assert await redis_client.zcard(f"sessions-of:{user['id']}") == 1
    assert (await person().login(email=ann.email, password=ann.password)).status_code == 401
    assert (await person().login(email=ann.email, password=_NEW)).status_code == 200
    [entry] = await rows(
        "SELECT address, detail FROM audit_entries WHERE user_id::text = :id AND action = 'account.password-set'",
        id=user["id"],
    )
    assert entry["address"] == ann.address
    assert set(entry["detail"]) == {"session"}


async def test_a_session_that_redis_forgot_to_end_is_not_renewed(person: Any, gateway: Any, redis_client: Any) -> None:
    ann = person()
    user_id = (await ann.register()).json()["user"]["id"]
    other = await _same_account(person, ann)
    others_hash = hashlib.sha256(other.session.encode()).hexdigest()
    await redis_client.hincrby(f"session:{others_hash}", "opened_at", -120)
    await redis_client.delete(f"sessions-of:{user_id}")
    assert (await _change(ann)).status_code == 200
    assert await redis_client.exists(f"session:{others_hash}") == 1
    assert (await gateway.renew(other.session)).status_code == 401
    assert await redis_client.exists(f"session:{others_hash}") == 0
    assert (await gateway.renew(ann.session)).status_code == 200


async def test_the_present_password_must_be_right_and_guessing_it_is_limited(
    person: Any, gateway: Any, rows: Any
) -> None:
    ann = person()
    user_id = (await ann.register()).json()["user"]["id"]
    for _ in range(10):
        answer = await _change(ann, present="not the password")
        assert (answer.status_code, answer.json()["code"]) == (403, "password_wrong")
        assert "set-cookie" not in answer.headers
    limited = await _change(ann)
    assert (limited.status_code, limited.json()["code"]) == (429, "sign_in_limited")
    assert 1 <= int(limited.headers["retry-after"]) <= 300
    assert (await ann.login()).status_code == 429  # one account of failures for both
    assert (await gateway.renew(ann.session)).status_code == 200
    entries = await rows(
        "SELECT detail FROM audit_entries WHERE user_id::text = :id AND action = 'session.sign-in-refused'", id=user_id
    )
    assert [entry["detail"] for entry in entries] == [{"wanted": "a change of password"}] * 10
    assert (await person().login(email=ann.email, password=ann.password)).status_code == 200


async def test_nobody_without_a_live_session_of_the_account_changes_anything(
    person: Any, gateway: Any, client: httpx.AsyncClient, redis_client: Any
) -> None:
    ann, bob = person(), person()
    user_id = (await ann.register()).json()["user"]["id"]
    await bob.register()
    [session_hash] = await redis_client.zrange(f"sessions-of:{user_id}", 0, -1)
    identity = str(await redis_client.hget(f"session:{session_hash}", "identity"))
    body = {"present_password": ann.password, "new_password": _NEW}
    visitor = person(session=(await gateway.mint()).json()["session"])
    for somebody in (visitor, person()):
        assert (await somebody.call("PUT", "/auth/password", body)).status_code == 401
    ended = ann.session
    await ann.call("POST", "/auth/logout")
    for session in (ended, bob.session, "x", None):
        headers = {"x-identity": identity} | ({} if session is None else {"x-session": session})
        answer = await client.put("/api/v1/auth/password", json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert (await ann.login()).status_code == 200


async def test_of_changes_at_once_one_wins_and_no_session_of_another_lives_on(person: Any, gateway: Any) -> None:
    ann = person()
    await ann.register()
    devices = [ann, *[await _same_account(person, ann) for _ in range(3)]]
    words = [f"{_NEW} {number}" for number in range(4)]
    answers = await asyncio.gather(*(_change(each, new=word) for each, word in zip(devices, words, strict=True)))
    assert min(answer.status_code for answer in answers) == 200
    assert {answer.status_code for answer in answers} <= {200, 401, 403}
    alive = [each for each in devices if (await gateway.renew(each.session)).status_code == 200]
    fitting = [word for word in words if (await person().login(email=ann.email, password=word)).status_code == 200]
    assert [answers[devices.index(each)].status_code for each in alive] == [200]
    assert fitting == [words[devices.index(alive[0])]]


async def test_a_sign_in_with_the_former_password_at_the_same_moment_leaves_no_session(
    person: Any, gateway: Any
) -> None:
    ann = person()
    await ann.register()
    others = [person() for _ in range(6)]
    for other in others:
        other.email, other.password = ann.email, ann.password
    changed, *_ = await asyncio.gather(_change(ann), *(other.login() for other in others))
    assert changed.status_code == 200
    for other in others:
        assert other.session is None or (await gateway.renew(other.session)).status_code == 401
    assert (await gateway.renew(ann.session)).status_code == 200


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"new_password": "short77"}, "/new_password", "password_length"),
        ({"new_password": "x" * 129}, "/new_password", "password_length"),
        ({"new_password": "o\u0308" * 7}, "/new_password", "password_length"),
        ({"new_password": "password1"}, "/new_password", "password_common"),
        ({"new_password": "ＰａｓｓＷｏｒｄ1"}, "/new_password", "password_common"),
        ({"new_password": None}, "/new_password", "string_type"),
        ({"new_password": ["x" * 10]}, "/new_password", "string_type"),
        ({"present_password": ""}, "/present_password", "password_length"),
        ({"present_password": "x" * 129}, "/present_password", "password_length"),
        ({"user_id": "0"}, "/user_id", "extra_forbidden"),
    ],
)
async def test_a_wrong_field_is_named_and_changes_nothing(
    person: Any, change: dict[str, Any], pointer: str, code: str
) -> None:
    ann = person()
    await ann.register()
    session = ann.session
    answer = await _change(ann, **change)
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, code)]
    for value in change.values():
        assert not isinstance(value, str) or len(value) < 8 or value not in answer.text
    assert ann.session == session
    assert (await ann.login()).status_code == 200


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"present_password":"a \\ud800 b","new_password":"a good \\ud800 password"}']
)
async def test_what_is_not_sound_json_is_refused(person: Any, content: bytes) -> None:
    ann = person()
    await ann.register()
    answer = await ann.call("PUT", "/auth/password", content=content, headers={"content-type": "application/json"})
    assert answer.status_code in {400, 422}
    assert answer.json()["code"] in {"body_not_json", "request_invalid"}
