"""Organisations: made, joined, changed and left, on a real database and Redis."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from sqlalchemy import text

from auth.storage.accounts import set_email_verified
from auth.storage.organisations.invitations import list_invitations_for

pytestmark = pytest.mark.usefixtures("client")


def a_slug() -> str:
    return f"o-{uuid4().hex[:12]}"


async def registered(person: Callable[..., Any]) -> Any:
    somebody = person()
    answer = await somebody.register()
    assert answer.status_code == 201, answer.text
    somebody.user_id = answer.json()["user"]["id"]
    return somebody


async def founded(owner: Any, name: str = "Example Labs") -> str:
    slug = a_slug()
    answer = await owner.call("POST", "/organisations", {"slug": slug, "name": name})
    assert answer.status_code == 201, answer.text
    return slug


async def invited(owner: Any, slug: str, email: str, role: str = "member") -> str:
    answer = await owner.call("POST", f"/organisations/{slug}/invitations", {"email": email, "role": role})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def joined(owner: Any, slug: str, member: Any, role: str = "member") -> None:
    invitation_id = await invited(owner, slug, member.email, role)
    answer = await member.call("POST", f"/auth/invitations/{invitation_id}/accept")
    assert answer.status_code == 200, answer.text


async def claims_of(redis_client: Any, user_id: str) -> list[dict[str, Any]]:
    hashes = await redis_client.zrange(f"sessions-of:{user_id}", 0, -1)
    tokens = [await redis_client.hget(f"session:{each}", "identity") for each in hashes]
    return [jwt.decode(token, options={"verify_signature": False}) for token in tokens]


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_who_makes_an_organisation_owns_it_and_goes_on_under_another_session_id(
    person: Any, redis_client: Any
) -> None:
    ann = await registered(person)
    before = ann.session
    slug = await founded(ann)
    assert ann.session != before
    shown = await ann.call("GET", f"/organisations/{slug}")
    assert (shown.json()["role"], shown.json()["name"], shown.headers["etag"]) == ("owner", "Example Labs", '"1"')
    [claims] = await claims_of(redis_client, ann.user_id)
    assert claims["organisations"] == [{"id": shown.json()["id"], "role": "owner", "name": "Example Labs"}]
    assert [each["slug"] for each in (await ann.call("GET", "/organisations")).json()["items"]] == [slug]
    taken = await (await registered(person)).call("POST", "/organisations", {"slug": slug, "name": "Eve"})
    assert code(taken) == (409, "organisation_slug_taken")


@pytest.mark.parametrize("slug", ["admin", "A-b", "x", "-a", "a--b", "support", "a" * 41])
async def test_some_slugs_are_nobodys(person: Any, slug: str) -> None:
    answer = await (await registered(person)).call("POST", "/organisations", {"slug": slug, "name": "Labs"})
    assert code(answer) == (422, "request_invalid")


async def test_an_invited_account_joins_once_and_its_sessions_say_so_at_once(person: Any, redis_client: Any) -> None:
    ann, bob = await registered(person), await registered(person)
    elsewhere = person()
    await elsewhere.login(email=bob.email, password=bob.password)
    slug = await founded(ann)
    invitation_id = await invited(ann, slug, bob.email.upper(), "maintainer")
    [own] = (await bob.call("GET", "/auth/invitations")).json()["items"]
    assert (own["id"], own["organisation_slug"], own["role"]) == (invitation_id, slug, "maintainer")
    accepted = await bob.call("POST", f"/auth/invitations/{invitation_id}/accept")
    assert accepted.json()["role"] == "maintainer"
    for claims in await claims_of(redis_client, bob.user_id):
        assert [each["role"] for each in claims["organisations"]] == ["maintainer"]
    again = await bob.call("POST", f"/auth/invitations/{invitation_id}/accept")
    assert code(again) == (404, "invitation_not_found")
    members = (await bob.call("GET", f"/organisations/{slug}/members")).json()["items"]
    assert [(each["user_id"], each["role"]) for each in members] == [
        (ann.user_id, "owner"),
        (bob.user_id, "maintainer"),
    ]


async def test_an_invitation_says_nothing_of_accounts_and_waits_for_who_registers(person: Any) -> None:
    ann, bob, eve = await registered(person), await registered(person), await registered(person)
    slug = await founded(ann)
    later = person()
    address = f"/organisations/{slug}/invitations"
    known = await ann.call("POST", address, {"email": bob.email})
    unknown = await ann.call("POST", address, {"email": later.email})
    mine = await ann.call("POST", address, {"email": ann.email})
    varying = {"id": "", "email": "", "created_at": "", "expires_at": ""}
    assert known.status_code == unknown.status_code == mine.status_code == 201
    assert known.json() | varying == unknown.json() | varying == mine.json() | varying
    stolen = await eve.call("POST", f"/auth/invitations/{known.json()['id']}/accept")
    assert code(stolen) == (404, "invitation_not_found")
    await later.register()
    assert [each["id"] for each in (await later.call("GET", "/auth/invitations")).json()["items"]] == [
        unknown.json()["id"]
    ]


async def test_where_addresses_are_confirmed_only_who_did_so_is_invited_by_it(person: Any, database: Any) -> None:
    ann, bob = await registered(person), await registered(person)
    slug = await founded(ann)
    await invited(ann, slug, bob.email)
    async with database.transaction() as connection:
        assert await list_invitations_for(connection, UUID(bob.user_id), confirmed=True) == []
        await set_email_verified(connection, UUID(bob.user_id))
        [waiting] = await list_invitations_for(connection, UUID(bob.user_id), confirmed=True)
    assert waiting.organisation.slug == slug


async def test_an_invitation_is_answered_withdrawn_or_expired_once(person: Any, database: Any) -> None:
    ann, bob = await registered(person), await registered(person)
    slug = await founded(ann)
    withdrawn = await invited(ann, slug, bob.email)
    assert (await ann.call("DELETE", f"/organisations/{slug}/invitations/{withdrawn}")).status_code == 204
    declined = await invited(ann, slug, bob.email)
    assert (await bob.call("POST", f"/auth/invitations/{declined}/decline")).status_code == 204
    expired = await invited(ann, slug, bob.email)
    async with database.transaction() as connection:
        await connection.execute(
            text("UPDATE organisation_invitations SET expires_at = now() WHERE id = CAST(:id AS uuid)"),
            {"id": expired},
        )
    for invitation_id in (withdrawn, declined, expired):
        answer = await bob.call("POST", f"/auth/invitations/{invitation_id}/accept")
        assert code(answer) == (404, "invitation_not_found")
    assert (await bob.call("GET", "/auth/invitations")).json()["items"] == []
    assert code(await bob.call("GET", f"/organisations/{slug}")) == (404, "organisation_not_found")


async def test_accepting_and_withdrawing_at_once_have_one_outcome(person: Any) -> None:
    ann, bob = await registered(person), await registered(person)
    slug = await founded(ann)
    invitation_id = await invited(ann, slug, bob.email)
    accepted, withdrawn = await asyncio.gather(
        bob.call("POST", f"/auth/invitations/{invitation_id}/accept"),
        ann.call("DELETE", f"/organisations/{slug}/invitations/{invitation_id}"),
    )
    is_member = (await bob.call("GET", f"/organisations/{slug}")).status_code == 200
    assert (accepted.status_code, withdrawn.status_code, is_member) in {(200, 404, True), (404, 204, False)}


async def test_two_owners_who_leave_at_once_leave_one_behind(person: Any) -> None:
    ann, bob = await registered(person), await registered(person)
    slug = await founded(ann)
    await joined(ann, slug, bob, "owner")
    answers = await asyncio.gather(
        *(each.call("DELETE", f"/organisations/{slug}/membership") for each in (ann, bob)),
    )
    assert sorted(answer.status_code for answer in answers) == [204, 409]
    assert [code(answer) for answer in answers if answer.status_code == 409] == [(409, "last_owner")]


async def test_the_last_owner_stays_owner_whoever_asks(person: Any) -> None:
    ann, bob = await registered(person), await registered(person)
    slug = await founded(ann)
    await joined(ann, slug, bob)
    own = f"/organisations/{slug}/members/{ann.user_id}"
    assert code(await ann.call("PATCH", own, {"role": "member"})) == (409, "last_owner")
    assert code(await ann.call("DELETE", own)) == (409, "last_owner")
    promoted = await ann.call("PATCH", f"/organisations/{slug}/members/{bob.user_id}", {"role": "owner"})
    assert promoted.status_code == 204
    assert (await bob.call("PATCH", own, {"role": "member"})).status_code == 204
    assert code(await ann.call("PATCH", f"/organisations/{slug}", {"name": "X"})) == (403, "organisation_role")


async def test_who_is_removed_has_no_rights_left_in_any_session(person: Any, redis_client: Any) -> None:
    ann, bob = await registered(person), await registered(person)
    slug = await founded(ann)
    await joined(ann, slug, bob, "maintainer")
    removed = await ann.call("DELETE", f"/organisations/{slug}/members/{bob.user_id}")
    assert removed.status_code == 204
    assert [claims["organisations"] for claims in await claims_of(redis_client, bob.user_id)] == [[]]
    again = await ann.call("DELETE", f"/organisations/{slug}/members/{bob.user_id}")
    assert again.status_code == 204, "a retry completes what an outage left undone"


async def test_a_rename_reaches_every_member_and_a_deletion_ends_it_for_all(person: Any, redis_client: Any) -> None:
    ann, bob = await registered(person), await registered(person)
    slug = await founded(ann)
    await joined(ann, slug, bob)
    stale = await ann.call("PATCH", f"/organisations/{slug}", {"name": "New"}, headers={"if-match": '"7"'})
    assert code(stale) == (412, "revision_mismatch")
    renamed = await ann.call("PATCH", f"/organisations/{slug}", {"name": "New"}, headers={"if-match": '"1"'})
    assert (renamed.json()["name"], renamed.headers["etag"]) == ("New", '"2"')
    for user_id in (ann.user_id, bob.user_id):
        assert [each["organisations"][0]["name"] for each in await claims_of(redis_client, user_id)] == ["New"]
    assert code(await bob.call("DELETE", f"/organisations/{slug}")) == (403, "organisation_role")
    assert (await ann.call("DELETE", f"/organisations/{slug}")).status_code == 204
    for user_id in (ann.user_id, bob.user_id):
        assert [each["organisations"] for each in await claims_of(redis_client, user_id)] == [[]]
    taken = await bob.call("POST", "/organisations", {"slug": slug, "name": "Another"})
    assert code(taken) == (409, "organisation_slug_taken"), "nobody takes over a name that published"


async def test_a_new_name_and_the_end_are_stated_in_order_and_once(person: Any, rows: Any) -> None:
    ann = await registered(person)
    slug = await founded(ann)
    organisation_id = (await ann.call("GET", f"/organisations/{slug}")).json()["id"]
    for name in ("New", "New", "Newer"):
        assert (await ann.call("PATCH", f"/organisations/{slug}", {"name": name})).status_code == 200
    assert (await ann.call("DELETE", f"/organisations/{slug}")).status_code == 204
    assert (await ann.call("DELETE", f"/organisations/{slug}")).status_code == 404
    stated = await rows(
        "SELECT type, sequence, payload - 'renamed_at' - 'deleted_at' AS payload FROM outbox"
        " WHERE aggregatetype = 'organisations.v1' AND aggregateid = :id ORDER BY position",
        id=organisation_id,
    )
    public_name = (await ann.call("GET", "/auth/me")).json()["user"]["name"]
    heir = {"heir_id": ann.user_id, "heir_name": public_name}
    assert [(each["type"], each["sequence"], each["payload"]) for each in stated] == [
        ("organisation.renamed.v1", 1, {"organisation_id": organisation_id, "name": "New"}),
        ("organisation.renamed.v1", 2, {"organisation_id": organisation_id, "name": "Newer"}),
        ("organisation.deleted.v1", 3, {"organisation_id": organisation_id, **heir}),
    ]


async def test_a_membership_is_changed_only_soon_after_proving_who_one_is(person: Any) -> None:
    ann = await registered(person)
    slug = await founded(ann)
    await ann.age(601)
    for method, path, body in (
        ("POST", f"/organisations/{slug}/invitations", {"email": "bob@example.org"}),
        ("DELETE", f"/organisations/{slug}/members/{ann.user_id}", None),
        ("DELETE", f"/organisations/{slug}", None),
    ):
        answer = await ann.call(method, path, body)
        assert code(answer) == (403, "recent_authentication_required")


async def test_the_owners_read_what_was_done_and_what_was_refused(person: Any) -> None:
    ann, bob, eve = await registered(person), await registered(person), await registered(person)
    slug = await founded(ann)
    await joined(ann, slug, bob, "maintainer")
    await bob.call("DELETE", f"/organisations/{slug}")
    await ann.call("DELETE", f"/organisations/{slug}/membership")
    declined = await invited(ann, slug, eve.email)
    await eve.call("POST", f"/auth/invitations/{declined}/decline")
    await ann.call("PATCH", f"/organisations/{slug}/members/{bob.user_id}", {"role": "member"})
    assert code(await bob.call("GET", f"/organisations/{slug}/audit")) == (403, "organisation_role")
    page = await ann.call("GET", f"/organisations/{slug}/audit", params={"limit": 4})
    rest = await ann.call("GET", f"/organisations/{slug}/audit", params={"cursor": page.json()["next_cursor"]})
    found = [*page.json()["items"], *rest.json()["items"]]
    assert [(each["action"], each["by"], each["reason"], each["wanted"]) for each in reversed(found)] == [
        ("organisation.created", ann.user_id, None, None),
        ("organisation.member-invited", ann.user_id, None, None),
        ("organisation.member-joined", bob.user_id, None, None),
        ("organisation.change-refused", bob.user_id, "organisation_role", "organisation.members"),
        ("organisation.change-refused", ann.user_id, "last_owner", "organisation.leave"),
        ("organisation.member-invited", ann.user_id, None, None),
        ("organisation.invitation-declined", None, None, None),
        ("organisation.member-role-changed", ann.user_id, None, None),
    ]
    changed = found[0]
    assert (changed["before"]["role"], changed["after"]["role"]) == ("maintainer", "member")
    assert changed["after"]["member"] == bob.user_id
    assert eve.user_id not in page.text + rest.text
    own = (await bob.call("GET", "/auth/audit")).json()["items"][0]
    assert (own["action"], own["by"], own["address"]) == ("organisation.member-role-changed", "another", None)


async def test_fifty_organisations_of_the_longest_names_still_fit_into_an_identity(person: Any) -> None:
    ann = await registered(person)
    for _ in range(50):
        await founded(ann, "猫" * 80)
    one_more = await ann.call("POST", "/organisations", {"slug": a_slug(), "name": "One more"})
    assert code(one_more) == (409, "organisation_limit")
