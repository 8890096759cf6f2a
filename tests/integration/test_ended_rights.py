"""Rights that are taken away end at once in every session, as seen through the gateway."""

import time
from collections.abc import Awaitable, Callable

import httpx

from testkit.people import People
from testkit.waiting import eventually

_PATIENCE_SECONDS = 5.0
"""What is promised; a second is what it takes at the gateway."""


async def _ends(ask: Callable[[], Awaitable[httpx.Response]], *codes: str) -> None:
    began_at = time.monotonic()

    async def refused() -> bool:
        answer = await ask()
        return answer.status_code in {401, 403, 404} and answer.json()["code"] in codes

    await eventually(refused, _PATIENCE_SECONDS, saying=f"one of {codes}")
    print(f"rights ended after {time.monotonic() - began_at:.2f} s")  # noqa: T201 - the figure is the point


async def test_who_is_removed_from_an_organisation_loses_its_plugins_within_five_seconds(people: People) -> None:
    owner, member = await people.developer(), await people.developer()
    slug = await people.create_organisation(owner)
    organisation_id = (await owner.get(f"/organisations/{slug}")).json()["id"]
    plugin_id = await people.create_plugin(owner, organisation_id=organisation_id)
    user_id = await people.join(owner, slug, member, "maintainer")
    address = f"/developer/plugins/{plugin_id}"

    async def change() -> httpx.Response:
        return await member.patch(address, json={"name": "Changed"})

    assert (await change()).status_code == 200
    lowered = await owner.patch(f"/organisations/{slug}/members/{user_id}", json={"role": "member"})
    assert lowered.status_code == 204, lowered.text
    await _ends(change, "not_owner")
    assert (await member.get(address)).status_code == 200, "a member may still look"
    assert (await owner.delete(f"/organisations/{slug}/members/{user_id}")).status_code == 204

    async def look() -> httpx.Response:
        return await member.get(address)

    await _ends(look, "not_owner")
    assert (await member.get(f"/organisations/{slug}")).status_code == 404


async def test_a_role_that_an_administrator_takes_ends_within_five_seconds(people: People) -> None:
    administrator, developer = await people.administrator(), await people.developer()
    user = (await developer.get("/auth/me")).json()["user"]
    found = await administrator.get("/admin/accounts", params={"email": user["email"]})
    assert [each["id"] for each in found.json()["items"]] == [user["id"]]
    assert (await developer.get("/developer/plugins")).status_code == 200
    taken = await administrator.put(f"/admin/accounts/{user['id']}/roles", json={"roles": []})
    assert taken.status_code == 200, taken.text

    async def list_plugins() -> httpx.Response:
        return await developer.get("/developer/plugins")

    await _ends(list_plugins, "forbidden")
    assert (await developer.get("/auth/me")).json()["user"]["roles"] == ["user"]


async def test_a_plugin_that_changed_hands_is_shown_under_its_new_owner_s_name(people: People) -> None:
    giver, receiver = await people.developer(), await people.developer()
    slug = await people.create_organisation(receiver, name="Receivers")
    organisation_id = (await receiver.get(f"/organisations/{slug}")).json()["id"]
    plugin_id = await people.create_plugin(giver)
    await people.publish(giver, plugin_id, "1.0.0")
    body = {"to": {"kind": "organisation", "id": organisation_id}}
    offer = await giver.post(f"/developer/plugins/{plugin_id}/transfer", json=body)
    accepted = await receiver.post(f"/developer/transfers/{offer.json()['id']}/accept")
    assert accepted.status_code == 200, accepted.text

    async def shown() -> bool:
        author = (await people.visitor().get(f"/plugins/{plugin_id}")).json()["author"]
        return bool(author == {"id": organisation_id, "name": "Receivers"})

    await eventually(shown, 40)
    review = await receiver.put(f"/plugins/{plugin_id}/reviews/mine", json={"rating": 5, "text": "Ours."})
    assert (review.status_code, review.json()["code"]) == (403, "own_plugin")
    await _ends(lambda: giver.get(f"/developer/plugins/{plugin_id}"), "not_owner")
