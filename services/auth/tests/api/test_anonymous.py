import asyncio
from typing import Any


async def _visitor(gateway: Any, person: Any) -> Any:
    answer = await gateway.mint()
    assert answer.status_code == 200
    return person(session=answer.json()["session"])


async def test_a_minted_visitor_has_a_session_an_identity_and_a_row(gateway: Any, person: Any, rows: Any) -> None:
    answer = await gateway.mint()
    body = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert set(body) == {"session", "identity", "expires_at", "max_age_seconds"}
    assert body["max_age_seconds"] == 604_800
    me = await person(session=body["session"]).me()
    assert me["kind"] == "anonymous"
    assert me["user"] is None
    assert await rows("SELECT 1 FROM anonymous_identities WHERE id = CAST(:id AS uuid)", id=me["anonymous_id"])


async def test_signing_up_claims_what_the_visitor_had_and_the_visitor_is_refused_afterwards(
    gateway: Any, person: Any, events_of: Any, rows: Any
) -> None:
    ann = await _visitor(gateway, person)
    anonymous_session = ann.session
    anonymous_id = (await ann.me())["anonymous_id"]
    user_id = (await ann.register()).json()["user"]["id"]
    events = await events_of(user_id)
    assert [(kind, sequence) for kind, sequence, _ in events] == [
        ("account.registered.v1", 1),
        ("account.anonymous-claimed.v1", 2),
    ]
    assert events[1][2]["anonymous_id"] == anonymous_id
    assert events[1][2]["user_id"] == user_id
    [claim] = await rows("SELECT * FROM anonymous_claims WHERE anonymous_id = CAST(:id AS uuid)", id=anonymous_id)
    assert str(claim["user_id"]) == user_id
    assert ann.session != anonymous_session
    assert (await gateway.renew(anonymous_session)).status_code == 401
    assert (await person(session=anonymous_session).me())["kind"] == "none"


async def test_signing_in_claims_too(gateway: Any, person: Any, events_of: Any) -> None:
    ann = person()
    user_id = (await ann.register()).json()["user"]["id"]
    ann.session = (await gateway.mint()).json()["session"]
    assert (await ann.login()).status_code == 200
    assert [kind for kind, _, _ in await events_of(user_id)] == [
        "account.registered.v1",
        "account.anonymous-claimed.v1",
    ]


async def test_a_failed_sign_in_claims_nothing_and_leaves_the_visitor_as_it_was(gateway: Any, person: Any) -> None:
    ann, visitor = person(), await _visitor(gateway, person)
    await ann.register()
    session = visitor.session
    assert (await visitor.login(email=ann.email)).status_code == 401
    assert (await visitor.register(email=ann.email)).status_code == 409
    assert visitor.session == session
    assert (await gateway.renew(session)).status_code == 200


async def test_of_two_accounts_that_sign_in_at_once_with_one_visitor_the_first_claims_and_both_are_in(
    gateway: Any, person: Any, events_of: Any, rows: Any
) -> None:
    for _ in range(5):
        visitor = await _visitor(gateway, person)
        anonymous_id = (await visitor.me())["anonymous_id"]
        people = [person(), person()]
        ids = [(await each.register()).json()["user"]["id"] for each in people]
        for each in people:
            each.session = visitor.session
        answers = await asyncio.gather(*(each.login() for each in people))
        assert [answer.status_code for answer in answers] == [200, 200]
        [claim] = await rows("SELECT * FROM anonymous_claims WHERE anonymous_id = CAST(:id AS uuid)", id=anonymous_id)
        claimed = [
            user_id
            for user_id in ids
            for kind, _, payload in await events_of(user_id)
            if kind == "account.anonymous-claimed.v1" and payload["anonymous_id"] == anonymous_id
        ]
        assert claimed == [str(claim["user_id"])]
        assert people[0].session != people[1].session
        assert {(await each.me())["user"]["id"] for each in people} == set(ids)
        assert (await gateway.renew(visitor.session)).status_code == 401


async def test_the_same_account_signing_in_twice_at_once_claims_once(gateway: Any, person: Any, events_of: Any) -> None:
    visitor = await _visitor(gateway, person)
    ann = person()
    user_id = (await ann.register()).json()["user"]["id"]
    browsers = [person(session=visitor.session) for _ in range(4)]
    answers = await asyncio.gather(*(each.login(email=ann.email, password=ann.password) for each in browsers))
    assert {answer.status_code for answer in answers} == {200}
    assert [(kind, sequence) for kind, sequence, _ in await events_of(user_id)] == [
        ("account.registered.v1", 1),
        ("account.anonymous-claimed.v1", 2),
    ]


async def test_a_claimed_identity_is_refused_also_where_its_session_was_not_ended(
    gateway: Any, person: Any, redis_client: Any
) -> None:
    visitor = await _visitor(gateway, person)
    [key] = [key async for key in redis_client.scan_iter("session:*") if await _is_of(redis_client, key, visitor)]
    kept, session = await redis_client.hgetall(key), visitor.session
    await visitor.register()
    await redis_client.hset(key, mapping=kept)  # as if ending it had failed
    assert (await gateway.renew(session)).status_code == 401
    assert await redis_client.exists(key) == 0
    late = person()
    await late.register()
    late.session = session
    assert (await late.login()).status_code == 200


async def _is_of(redis_client: Any, key: str, visitor: Any) -> bool:
    return bool(await redis_client.hget(key, "subject") == (await visitor.me())["anonymous_id"])
