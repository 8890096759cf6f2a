import asyncio
from typing import Any

import jwt


async def _identity_of(redis_client: Any, user_id: str) -> list[dict[str, Any]]:
    hashes = await redis_client.zrange(f"sessions-of:{user_id}", 0, -1)
    tokens = [await redis_client.hget(f"session:{each}", "identity") for each in hashes]
    return [jwt.decode(token, options={"verify_signature": False}) for token in tokens]


async def test_becoming_a_developer_rotates_this_session_and_rewrites_the_others_at_once(
    person: Any, gateway: Any, redis_client: Any, events_of: Any
) -> None:
    ann = person()
    user_id = (await ann.register()).json()["user"]["id"]
    elsewhere = person()
    await elsewhere.login(email=ann.email, password=ann.password)
    ttl = {key: await redis_client.ttl(key) async for key in redis_client.scan_iter("session:*")}
    former = ann.session
    answer = await ann.call(
        "POST", "/developer/register", {"display_name": "Ann's Plugins", "website": "https://a.dev"}
    )
    assert answer.status_code == 201
    body = answer.json()
    assert body.pop("session")["token"] == ann.session != former
    assert (await gateway.renew(former)).status_code == 401
    assert body | {"registered_at": ""} == {
        "id": user_id,
        "display_name": "Ann's Plugins",
        "website": "https://a.dev",
        "registered_at": "",
    }
    identities = await _identity_of(redis_client, user_id)
    assert len(identities) == 2
    for identity in identities:
        assert (identity["roles"], identity["name"]) == (["user", "developer"], "Ann's Plugins")
    assert all([await redis_client.ttl(key) <= seconds for key, seconds in ttl.items()])
    assert (await elsewhere.me())["user"]["roles"] == ["user", "developer"]
    assert (await ann.me())["user"]["name"] == "Ann Example"
    (kind, sequence, payload) = (await events_of(user_id))[-1]
    assert (kind, sequence) == ("account.developer-registered.v1", 2)
    assert (payload["display_name"], payload["website"]) == ("Ann's Plugins", "https://a.dev")


async def test_the_profile_is_there_to_read_and_only_after_registering(person: Any) -> None:
    ann = person()
    await ann.register()
    missing = await ann.call("GET", "/developer/profile")
    assert (missing.status_code, missing.json()["code"]) == (404, "developer_profile_not_found")
    made = await ann.call("POST", "/developer/register", {"display_name": "Ann"})
    assert (await ann.call("GET", "/developer/profile")).json().items() <= made.json().items()


async def test_the_same_registration_again_finds_it_and_another_is_refused(person: Any, events_of: Any) -> None:
    ann = person()
    user_id = (await ann.register()).json()["user"]["id"]
    first = await ann.call("POST", "/developer/register", {"display_name": "Ann"})
    again = await ann.call("POST", "/developer/register", {"display_name": " Ann "})
    other = await ann.call("POST", "/developer/register", {"display_name": "Eve"})
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert again.json() == first.json() | {"session": None}
    assert other.json()["code"] == "developer_exists"
    assert len(await events_of(user_id)) == 2


async def test_several_registrations_at_once_make_one_developer(person: Any, events_of: Any) -> None:
    ann = person()
    user_id = (await ann.register()).json()["user"]["id"]
    calls = (ann.call("POST", "/developer/register", {"display_name": "Ann"}) for _ in range(4))
    statuses = sorted(answer.status_code for answer in await asyncio.gather(*calls))
    assert statuses.count(201) == 1
    assert set(statuses) <= {200, 201, 401}  # who asks after the rotation comes with a dead session
    assert [sequence for _, sequence, _ in await events_of(user_id)] == [1, 2]


async def test_a_visitor_cannot_become_a_developer(person: Any, gateway: Any) -> None:
    for session in (None, (await gateway.mint()).json()["session"]):
        visitor = person(session=session)
        answer = await visitor.call("POST", "/developer/register", {"display_name": "Ann"})
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
        assert (await visitor.call("GET", "/developer/profile")).status_code == 401


async def test_a_renewed_session_keeps_the_new_rights(person: Any, gateway: Any) -> None:
    ann = person()
    await ann.register()
    await ann.call("POST", "/developer/register", {"display_name": "Ann"})
    identity = (await gateway.renew(ann.session)).json()["identity"]
    claims = jwt.decode(identity, options={"verify_signature": False})
    assert claims["roles"] == ["user", "developer"]
