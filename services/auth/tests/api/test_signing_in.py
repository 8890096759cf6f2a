import asyncio
from http.cookies import SimpleCookie
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY

from auth.config import ServeSettings
from auth.main import build_app
from chassis.clock import SystemClock
from chassis.identity import IdentityVerifier
from testkit.client import asgi_client


def _checks() -> float:
    return REGISTRY.get_sample_value("auth_password_hash_seconds_count", {"operation": "check"}) or 0.0


async def test_registering_signs_in_and_me_says_who(person: Any, redis_client: Any, settings: ServeSettings) -> None:
    ann = person()
    answer = await ann.register()
    body = answer.json()
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    assert body["user"]["email"] == ann.email
    assert body["user"]["roles"] == ["user"]
    assert body["session"]["token"] == ann.session
    me = await ann.me()
    assert (me["kind"], me["user"], me["anonymous_id"], me["methods"]) == ("user", body["user"], None, ["password"])
    verifier = IdentityVerifier(public_key_pem=settings.identity_public_key_file.read_bytes(), clock=SystemClock())
    [key] = [
        k
        async for k in redis_client.scan_iter("session:*")
        if await redis_client.hget(k, "subject") == body["user"]["id"]
    ]
    stored = await redis_client.hgetall(key)
    claims = verifier.verify(stored["identity"])
    assert (str(claims.sub), claims.kind, claims.roles, claims.name) == (
        body["user"]["id"],
        "user",
        ("user",),
        "Ann Example",
    )
    assert claims.exp - claims.iat <= 300
    assert stored["identity_expires_at"] == str(claims.exp)
    assert key.removeprefix("session:").startswith(claims.sid)
    assert len(claims.sid) == 16
    assert (claims.authenticated_at, claims.methods) == (claims.iat, ("password",))
    assert stored["authenticated_at"] == str(claims.iat)
    assert stored["kind"] == "user"
    assert 604_700 < await redis_client.ttl(key) <= 604_800
    assert ann.session not in str(await redis_client.keys("*"))


async def test_the_cookie_is_http_only_lax_and_lives_as_long_as_the_session(person: Any) -> None:
    answer = await person().register()
    [line] = answer.headers.get_list("set-cookie")
    cookie = SimpleCookie(line)["sid"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["max-age"]) == (True, "lax", "/", "604800")
    assert not cookie["secure"]
    assert not cookie["domain"]


async def test_over_https_the_cookie_is_bound_to_the_host(settings: ServeSettings, person: Any) -> None:
    secure = settings.model_copy(update={"cookie_secure": True})
    async with asgi_client(build_app(secure)) as client:
        answer = await client.post("/api/v1/auth/register", json=person().account())
    [line] = answer.headers.get_list("set-cookie")
    assert line.startswith("__Host-sid=")
    assert "; Secure" in line
    assert "domain" not in line.lower()


async def test_signing_in_again_rotates_the_session_and_ends_the_former(
    person: Any, gateway: Any, redis_client: Any
) -> None:
    ann = person()
    user_id = (await ann.register()).json()["user"]["id"]
    former = ann.session
    answer = await ann.login()
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert ann.session not in {None, former}
    assert (await gateway.renew(former)).status_code == 401
    assert (await gateway.renew(ann.session)).status_code == 200
    assert await redis_client.zcard(f"sessions-of:{user_id}") == 1


async def test_a_session_id_chosen_by_somebody_else_is_never_taken_over(person: Any) -> None:
    planted = "A" * 43
    ann = person(session=planted)
    await ann.register()
    assert ann.session != planted
    mallory = person(session=planted)
    assert (await mallory.me())["kind"] == "none"


async def test_the_address_is_one_account_whatever_its_case_or_form(person: Any) -> None:
    ann = person()
    await ann.register(email=f"Jörg.{ann.email}")
    for same in (f"JÖRG.{ann.email.upper()}", f"jo\u0308rg.{ann.email}", f"ＪÖrg.{ann.email}"):
        assert (await person().register(email=same)).json()["code"] == "email_taken", same
        assert (await ann.login(email=same)).status_code == 200, same


async def test_a_taken_address_is_refused_and_signs_nobody_in(person: Any) -> None:
    ann, other = person(), person()
    await ann.register()
    answer = await other.register(email=ann.email)
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")
    assert other.session is None


async def test_two_registrations_of_one_address_at_once_make_one_account(person: Any, rows: Any) -> None:
    ann = person()
    others = [person() for _ in range(4)]
    answers = await asyncio.gather(*(other.register(email=ann.email) for other in others))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert len(await rows("SELECT 1 FROM users WHERE email_key = :key", key=ann.email)) == 1


async def test_a_wrong_password_and_an_unknown_address_get_the_same_answer_after_the_same_work(
    person: Any, rows: Any
) -> None:
    ann, stranger = person(), person()
    await ann.register()
    before = _checks()
    wrong = await ann.login(password="not the password")
    between = _checks()
    unknown = await stranger.login()
    after = _checks()
    assert (between - before, after - between) == (1, 1)
    assert wrong.status_code == unknown.status_code == 401
    assert _without_trace(wrong) == _without_trace(unknown)
    assert set(wrong.headers) == set(unknown.headers)
    assert "set-cookie" not in wrong.headers
    for somebody in (ann, stranger):
        [entry] = await rows(
            "SELECT action FROM audit_entries WHERE address = :address AND action LIKE '%refused'",
            address=somebody.address,
        )
        assert entry["action"] == "session.sign-in-refused"


def _without_trace(answer: httpx.Response) -> dict[str, Any]:
    return {key: value for key, value in answer.json().items() if key != "trace_id"}


async def test_ten_failures_limit_an_account_and_address_also_for_the_right_password(person: Any) -> None:
    ann = person()
    await ann.register()
    for _ in range(10):
        assert (await ann.login(password="not the password")).status_code == 401
    answer = await ann.login()
    assert (answer.status_code, answer.json()["code"]) == (429, "sign_in_limited")
    assert 1 <= int(answer.headers["retry-after"]) <= 300
    elsewhere = person()
    assert (await elsewhere.login(email=ann.email, password=ann.password)).status_code == 200


async def test_a_success_forgives_earlier_failures(person: Any) -> None:
    ann = person()
    await ann.register()
    for _ in range(2):
        for _ in range(9):
            await ann.login(password="not the password")
        assert (await ann.login()).status_code == 200


async def test_signing_out_ends_the_session_and_clears_the_cookie(person: Any, gateway: Any) -> None:
    ann = person()
    await ann.register()
    session = ann.session
    answer = await ann.call("POST", "/auth/logout")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["cache-control"] == "no-store"
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    assert ann.session is None
    assert (await gateway.renew(session)).status_code == 401
    assert (await person(session=session).me())["kind"] == "none"


@pytest.mark.parametrize("session", [None, "x", "A" * 43])
async def test_signing_out_without_a_session_does_nothing(person: Any, session: str | None) -> None:
    assert (await person(session=session).call("POST", "/auth/logout")).status_code == 204


async def test_me_without_a_session_is_nobody(person: Any) -> None:
    me = await person().me()
    assert (me["kind"], me["user"], me["anonymous_id"], me["authenticated_at"]) == ("none", None, None, None)


async def test_passwords_are_kept_as_argon2id_of_the_agreed_strength(person: Any, rows: Any) -> None:
    ann = person()
    user_id = (await ann.register()).json()["user"]["id"]
    [row] = await rows("SELECT password_hash FROM credentials WHERE user_id = CAST(:id AS uuid)", id=user_id)
    assert row["password_hash"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_a_password_may_be_typed_with_composed_or_decomposed_letters(person: Any) -> None:
    ann = person()
    await ann.register(password="Jörg's geheimnis")
    assert (await ann.login(password="Jo\u0308rg's geheimnis")).status_code == 200


async def test_events_and_audit_are_written_with_the_account(person: Any, events_of: Any, rows: Any) -> None:
    ann = person()
    user_id = (await ann.register()).json()["user"]["id"]
    await ann.login()
    await ann.call("POST", "/auth/logout")
    [(kind, sequence, payload)] = await events_of(user_id)
    assert (kind, sequence, payload["user_id"], payload["name"]) == ("account.registered.v1", 1, user_id, "Ann Example")
    entries = await rows("SELECT * FROM audit_entries WHERE user_id = CAST(:id AS uuid) ORDER BY id", id=user_id)
    assert [entry["action"] for entry in entries] == ["account.registered", "session.signed-in", "session.signed-out"]
    assert {entry["address"] for entry in entries} == {ann.address}


async def test_who_comes_while_too_many_passwords_wait_is_told_to_come_back(
    settings: ServeSettings, person: Any
) -> None:
    ann, app = person(), build_app(settings)
    await ann.register()
    room = app.state.wiring.sign_in._passwords._room
    taken = 0
    while room.acquire(blocking=False):
        taken += 1
    async with asgi_client(app) as ann.client:
        for answer in (await ann.login(), await ann.register()):
            assert (answer.status_code, answer.json()["code"]) == (503, "sign_in_busy")
            assert int(answer.headers["retry-after"]) >= 1
        room.release(taken)
        assert (await ann.login()).status_code == 200
