import asyncio
import time
from datetime import datetime
from typing import Any

import httpx
import pytest

from auth.config import ServeSettings
from auth.main import build_app
from testkit.client import asgi_client

_FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"


async def _second_device(person: Any, ann: Any) -> Any:
    other = person()
    other.email, other.password = ann.email, ann.password
    answer = await other.call(
        "POST",
        "/auth/login",
        {"email": other.email, "password": other.password},
        headers={"user-agent": _FIREFOX, "x-forwarded-for": "203.0.113.77"},
    )
    assert answer.status_code == 200
    return other


async def _sessions(person: Any) -> list[dict[str, Any]]:
    answer = await person.call("GET", "/auth/sessions")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["sessions"])


async def _ids(person: Any) -> tuple[str, list[str]]:
    """Give the id of the person's own session and those of the account's others."""
    sessions = await _sessions(person)
    [current] = [each["id"] for each in sessions if each["is_current"]]
    return current, [each["id"] for each in sessions if not each["is_current"]]


async def test_the_owner_sees_where_the_account_is_signed_in(person: Any) -> None:
    ann = person()
    await ann.register()
    other = await _second_device(person, ann)
    answer = await other.call("GET", "/auth/sessions")
    assert answer.headers["cache-control"] == "no-store"
    [mine] = [each for each in answer.json()["sessions"] if each["is_current"]]
    [first] = [each for each in answer.json()["sessions"] if not each["is_current"]]
    assert (mine["device"], mine["network"]) == ("Firefox on Linux", "203.0.113.0/24")
    assert first["network"] == ann.address.rpartition(".")[0] + ".0/24"
    for each in (mine, first):
        assert abs(datetime.fromisoformat(each["signed_in_at"]).timestamp() - time.time()) < 60
        assert each["last_seen_at"] == each["signed_in_at"]
    for secret in (ann.session, other.session, "203.0.113.77", ann.address):
        assert secret not in answer.text


async def test_use_is_seen(person: Any, gateway: Any, redis_client: Any) -> None:
    ann = person()
    user_id = (await ann.register()).json()["user"]["id"]
    [session_hash] = await redis_client.zrange(f"sessions-of:{user_id}", 0, -1)
    await redis_client.hset(f"session:{session_hash}", "seen_at", "1000000000")
    assert (await gateway.renew(ann.session)).status_code == 200
    [seen] = await _sessions(ann)
    assert abs(datetime.fromisoformat(seen["last_seen_at"]).timestamp() - time.time()) < 60


async def test_one_session_is_ended_and_the_others_live_on(person: Any, gateway: Any, rows: Any) -> None:
    ann = person()
    user_id = (await ann.register()).json()["user"]["id"]
    other = await _second_device(person, ann)
    current, [others_id] = await _ids(ann)
    answer = await ann.call("DELETE", f"/auth/sessions/{others_id}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert "set-cookie" not in answer.headers
    assert (await gateway.renew(other.session)).status_code == 401
    assert (await gateway.renew(ann.session)).status_code == 200
    assert await _ids(ann) == (current, [])
    repeated = await ann.call("DELETE", f"/auth/sessions/{others_id}")
    assert (repeated.status_code, repeated.json()["code"]) == (404, "session_not_found")
    [entry] = await rows(
        "SELECT detail FROM audit_entries WHERE user_id::text = :id AND action = 'session.signed-out'", id=user_id
    )
    assert entry["detail"] == {"session": others_id, "by_session": current}


async def test_a_session_ends_once_however_often_that_is_asked_at_once(person: Any, rows: Any) -> None:
    ann = person()
    user_id = (await ann.register()).json()["user"]["id"]
    await _second_device(person, ann)
    _, [others_id] = await _ids(ann)
    answers = await asyncio.gather(*(ann.call("DELETE", f"/auth/sessions/{others_id}") for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [204] + [404] * 7
    entries = await rows(
        "SELECT 1 FROM audit_entries WHERE user_id::text = :id AND action = 'session.signed-out'", id=user_id
    )
    assert len(entries) == 1


async def test_ending_the_session_that_asks_clears_the_cookie(person: Any, gateway: Any) -> None:
    ann = person()
    await ann.register()
    session = ann.session
    current, _ = await _ids(ann)
    answer = await ann.call("DELETE", f"/auth/sessions/{current}")
    assert answer.status_code == 204
    assert ann.session is None
    assert (await gateway.renew(session)).status_code == 401


async def test_all_others_are_ended_and_only_ones_own(person: Any, gateway: Any) -> None:
    ann, bob = person(), person()
    await ann.register()
    await bob.register()
    others = [await _second_device(person, ann) for _ in range(3)]
    for _ in range(2):
        assert (await ann.call("DELETE", "/auth/sessions")).status_code == 204
    assert [(await gateway.renew(each.session)).status_code for each in others] == [401, 401, 401]
    assert [(await gateway.renew(each.session)).status_code for each in (ann, bob)] == [200, 200]


async def test_nobody_elses_session_is_seen_or_ended(person: Any, gateway: Any) -> None:
    ann, mallory = person(), person()
    await ann.register()
    await mallory.register()
    anns_id, _ = await _ids(ann)
    answer = await mallory.call("DELETE", f"/auth/sessions/{anns_id}")
    assert (answer.status_code, answer.json()["code"]) == (404, "session_not_found")
    assert (await gateway.renew(ann.session)).status_code == 200
    assert len(await _sessions(mallory)) == 1


@pytest.mark.parametrize("session_id", ["x", "*", "0" * 16, "%2E%2E", "A" * 4_000, "%F0%9F%92%A9", "session:x"])
async def test_an_id_of_nothing_ends_nothing(person: Any, session_id: str) -> None:
    ann = person()
    await ann.register()
    answer = await ann.call("DELETE", f"/auth/sessions/{session_id}")
    assert (answer.status_code, answer.json()["code"]) == (404, "session_not_found")
    assert len(await _sessions(ann)) == 1


async def test_an_id_that_no_database_could_hold_is_refused(person: Any) -> None:
    ann = person()
    await ann.register()
    answer = await ann.call("DELETE", "/auth/sessions/%00")
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")


async def test_the_secret_is_no_id(person: Any) -> None:
    ann = person()
    await ann.register()
    assert (await ann.call("DELETE", f"/auth/sessions/{ann.session}")).status_code == 404


async def test_visitors_and_strangers_have_no_list(person: Any, gateway: Any) -> None:
    visitor = person(session=(await gateway.mint()).json()["session"])
    for somebody in (visitor, person(), person(session="A" * 43)):
        for method, path in (("GET", ""), ("DELETE", ""), ("DELETE", "/" + "0" * 16)):
            answer = await somebody.call(method, f"/auth/sessions{path}")
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_an_ended_session_decides_nothing_while_its_identity_is_still_sound(
    person: Any, gateway: Any, redis_client: Any, client: httpx.AsyncClient
) -> None:
    ann = person()
    user_id = (await ann.register()).json()["user"]["id"]
    thief = await _second_device(person, ann)
    hashes = await redis_client.zrange(f"sessions-of:{user_id}", 0, -1)
    identity = await redis_client.hget(f"session:{hashes[0]}", "identity")
    await ann.call("DELETE", "/auth/sessions")
    for session in (thief.session, ann.session[:-1], None):
        headers = {"x-identity": str(identity)} | ({} if session is None else {"x-session": session})
        for method in ("GET", "DELETE"):
            answer = await client.request(method, "/api/v1/auth/sessions", headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert (await gateway.renew(ann.session)).status_code == 200


async def test_an_account_has_so_many_sessions_and_no_more(settings: ServeSettings, person: Any, gateway: Any) -> None:
    few = settings.model_copy(update={"sessions_per_account": 3})
    async with asgi_client(build_app(few)) as client:
        ann = person()
        ann.client = client
        await ann.register()
        others = [person() for _ in range(8)]
        for other in others:
            other.client, other.email, other.password = client, ann.email, ann.password
        answers = await asyncio.gather(*(other.login() for other in others))
        assert {answer.status_code for answer in answers} == {200}
        alive = [(await gateway.renew(each.session)).status_code for each in [ann, *others]]
        assert alive.count(200) == 3


async def test_a_session_ends_after_its_longest_life_however_much_it_is_used(
    person: Any, gateway: Any, redis_client: Any
) -> None:
    ann = person()
    user_id = (await ann.register()).json()["user"]["id"]
    [session_hash] = await redis_client.zrange(f"sessions-of:{user_id}", 0, -1)
    key = f"session:{session_hash}"
    assert abs(int(await redis_client.hget(key, "ends_at")) - time.time() - 30 * 86_400) < 60
    await redis_client.hset(key, "ends_at", int(time.time()) + 100)
    renewed = await gateway.renew(ann.session)
    assert 90 <= renewed.json()["max_age_seconds"] <= 100
    assert await redis_client.ttl(key) <= 100
    await redis_client.hset(key, "ends_at", int(time.time()))
    assert (await gateway.renew(ann.session)).status_code == 401
    assert await redis_client.exists(key) == 0
