"""Plugins of organisations, and plugins that change hands."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Literal
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from contracts.identity import Membership
from testkit.identities import TokenSigner


@pytest.fixture
def member(token_for: TokenSigner, person: Callable[..., Any]) -> Callable[..., Any]:
    """``member(organisation, role)`` is somebody new in an organisation."""

    def make(
        organisation_id: UUID, role: Literal["owner", "maintainer", "member"], *roles: str, name: str = "Labs"
    ) -> Any:
        somebody = person("developer")
        membership = Membership(id=organisation_id, role=role, name=name)
        somebody.headers = token_for.headers(
            subject=somebody.subject, roles=["user", "developer", *roles], organisations=[membership], name="Ann"
        )
        return somebody

    return make


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def to(kind: str, owner_id: object) -> dict[str, Any]:
    return {"to": {"kind": kind, "id": str(owner_id)}}


async def test_an_organisation_s_plugin_is_its_members_by_their_roles(
    member: Callable[..., Any], developer: Any, outbox_of: Callable[[str], Awaitable[list[Any]]]
) -> None:
    labs = uuid4()
    owner, maintainer, plain = (member(labs, role) for role in ("owner", "maintainer", "member"))
    plugin_id = await maintainer.register(organisation_id=str(labs))
    [event] = await outbox_of(plugin_id)
    assert event.payload["plugin"]["author"] == {"id": str(labs), "name": "Labs"}
    address = f"/developer/plugins/{plugin_id}"
    for somebody in (owner, maintainer, plain):
        assert (await somebody.get(address)).json()["owner_kind"] == "organisation"
        assert [each["id"] for each in (await somebody.get("/developer/plugins")).json()["items"]] == [plugin_id]
    assert problem(await developer.get(address)) == (403, "not_owner")
    assert (await developer.get("/developer/plugins", params={"organisation": str(labs)})).json()["total"] == 0
    assert (await owner.patch(address, json={"name": "B"})).status_code == 200
    assert problem(await plain.patch(address, json={"name": "C"})) == (403, "not_owner")
    assert (await maintainer.send(plugin_id)).status_code == 202
    assert problem(await plain.send(plugin_id, "2.0.0")) == (403, "not_owner")
    refused = await plain.post(
        "/developer/plugins",
        json={
            "id": f"p-{uuid4().hex[:12]}", "name": "A", "description": "A", "category": "maps",
            "organisation_id": str(labs),
        },
    )  # fmt: skip
    assert problem(refused) == (403, "not_member")


async def test_a_renamed_organisation_s_plugin_takes_the_name_with_its_next_change(member: Callable[..., Any]) -> None:
    labs = uuid4()
    plugin_id = await member(labs, "owner").register(organisation_id=str(labs))
    renamed = member(labs, "maintainer", name="New Labs")
    changed = await renamed.patch(f"/developer/plugins/{plugin_id}", json={})
    assert (changed.json()["author_name"], changed.json()["revision"]) == ("New Labs", 2)


async def test_nobody_decides_on_a_version_of_their_organisation(member: Callable[..., Any]) -> None:
    labs = uuid4()
    owner, judge = member(labs, "owner"), member(labs, "member", "reviewer")
    plugin_id = await owner.register(organisation_id=str(labs))
    sent = await owner.send(plugin_id)
    assert problem(await judge.reject(sent.json()["id"])) == (403, "own_submission")


async def test_a_plugin_changes_hands_when_its_receiver_agrees_and_the_giver_has_no_rights_left(
    person: Callable[..., Any], member: Callable[..., Any], outbox_of: Callable[[str], Awaitable[list[Any]]]
) -> None:
    labs = uuid4()
    ann, owner, plain = person("developer"), member(labs, "owner"), member(labs, "member")
    plugin_id = await ann.register()
    address = f"/developer/plugins/{plugin_id}"
    offered = await ann.post(f"{address}/transfer", json=to("organisation", labs))
    assert offered.status_code == 201, offered.text
    assert (await ann.get(f"{address}/transfer")).json() == offered.json()
    [waiting] = (await owner.get("/developer/transfers")).json()["items"]
    assert (waiting["id"], waiting["plugin_id"]) == (offered.json()["id"], plugin_id)
    accept = f"/developer/transfers/{waiting['id']}/accept"
    assert problem(await plain.post(accept)) == (403, "not_member")
    assert problem(await person("developer").post(accept)) == (404, "transfer_not_found")
    accepted = await owner.post(accept)
    assert (accepted.json()["author_name"], accepted.json()["owner_kind"]) == ("Labs", "organisation")
    assert problem(await ann.patch(address, json={"name": "B"})) == (403, "not_owner")
    assert problem(await owner.post(accept)) == (404, "transfer_not_found")
    *_, event = await outbox_of(plugin_id)
    assert (event.type, event.payload["plugin"]["author"]) == ("plugin.updated.v1", {"id": str(labs), "name": "Labs"})


async def test_an_offer_is_answered_or_withdrawn_once_whatever_happens_at_once(person: Callable[..., Any]) -> None:
    ann, bob = person("developer"), person("developer", name="Bob")
    plugin_id = await ann.register()
    address = f"/developer/plugins/{plugin_id}/transfer"
    offer = (await ann.post(address, json=to("account", bob.subject))).json()["id"]
    answers = await asyncio.gather(
        *(bob.post(f"/developer/transfers/{offer}/accept") for _ in range(3)),
        bob.post(f"/developer/transfers/{offer}/decline"),
        ann.delete(address),
    )
    assert len([answer for answer in answers if answer.is_success]) == 1
    has_changed = (await bob.get(f"/developer/plugins/{plugin_id}")).status_code == 200
    assert has_changed == any(answer.is_success for answer in answers[:3])


async def test_two_offers_at_once_leave_one_and_a_withdrawn_or_expired_one_is_nothing(
    person: Callable[..., Any], database: Any
) -> None:
    ann, bob, eve = person("developer"), person("developer"), person("developer")
    plugin_id = await ann.register()
    address = f"/developer/plugins/{plugin_id}/transfer"
    offers = await asyncio.gather(*(ann.post(address, json=to("account", who.subject)) for who in (bob, eve)))
    assert [offer.status_code for offer in offers] == [201, 201]
    waiting = [(await who.get("/developer/transfers")).json()["items"] for who in (bob, eve)]
    assert sorted(map(len, waiting)) == [0, 1]
    assert (await ann.delete(address)).status_code == 204
    assert problem(await ann.delete(address)) == (404, "transfer_not_found")
    for who, offer in zip((bob, eve), offers, strict=True):
        answer = await who.post(f"/developer/transfers/{offer.json()['id']}/accept")
        assert problem(answer) == (404, "transfer_not_found")
    expired = (await ann.post(address, json=to("account", bob.subject))).json()["id"]
    async with database.transaction() as connection:
        await connection.execute(
            text("UPDATE transfers SET expires_at = now() WHERE id = CAST(:id AS uuid)"), {"id": expired}
        )
    assert problem(await bob.post(f"/developer/transfers/{expired}/accept")) == (404, "transfer_not_found")
    assert (await ann.post(address, json=to("account", bob.subject))).status_code == 201
    assert problem(await ann.post(address, json=to("account", ann.subject))) == (409, "transfer_to_owner")


async def test_who_has_left_takes_nothing_along_that_they_offered_themselves(
    member: Callable[..., Any], token_for: TokenSigner
) -> None:
    labs = uuid4()
    leaver = member(labs, "owner")
    plugin_id = await leaver.register(organisation_id=str(labs))
    offered = await leaver.post(f"/developer/plugins/{plugin_id}/transfer", json=to("account", leaver.subject))
    assert offered.status_code == 201
    inside = leaver.headers
    leaver.headers = token_for.headers(subject=leaver.subject, roles=["user", "developer"], name="Ann")
    accept = f"/developer/transfers/{offered.json()['id']}/accept"
    assert problem(await leaver.post(accept)) == (403, "not_owner")
    leaver.headers = inside
    assert (await leaver.post(accept)).status_code == 200
