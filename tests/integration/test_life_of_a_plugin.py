"""From a developer's first upload to a visitor who runs it, through the gateway only."""

import base64
import hashlib

from testkit.people import People, bundle_of
from testkit.waiting import eventually


async def test_a_published_plugin_is_found_installed_configured_and_updated(people: People) -> None:
    developer = await people.developer()
    plugin_id = await people.create_plugin(developer, tags=["needle"])
    sha256 = await people.publish(developer, plugin_id, "1.9.0")
    await people.publish(developer, plugin_id, "1.10.0")
    somebody = people.visitor()

    async def found() -> bool:
        items = (await somebody.get("/plugins", params={"q": plugin_id})).json()["items"]
        return [(item["id"], item["latest_version"]) for item in items] == [(plugin_id, "1.10.0")]

    await eventually(found, timeout_seconds=40)
    assert somebody.cookies.get("sid") is None, "reading must not make an identity"

    old = await people.install(somebody, plugin_id, version="1.9.0")
    assert old.status_code == 201, old.text
    assert somebody.cookies.get("sid")
    assert old.json()["settings"] == {"theme": "light"}
    assert old.json()["update_available"] is True

    bundle = await somebody.get(f"/plugins/{plugin_id}/versions/1.9.0/bundle")
    assert hashlib.sha256(bundle.content).hexdigest() == sha256 == bundle.headers["x-checksum-sha256"]
    digest = base64.b64encode(bytes.fromhex(sha256)).decode()
    assert bundle.headers["repr-digest"] == f"sha-256=:{digest}:"
    assert int(bundle.headers["content-length"]) == len(bundle_of(plugin_id, "1.9.0"))
    assert "immutable" in bundle.headers["cache-control"]
    again = await somebody.get(str(bundle.request.url), headers={"if-none-match": bundle.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")

    address = f"/user/plugins/{plugin_id}"
    refused = await somebody.patch(address, json={"settings": {"theme": "blue"}})
    assert (refused.status_code, refused.json()["code"]) == (422, "settings_invalid")
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/settings/theme"]
    changed = await somebody.patch(address, json={"settings": {"theme": "dark", "limit": 3}, "enabled": False})
    assert (changed.status_code, changed.json()["enabled"]) == (200, False)
    updated = await somebody.patch(address, json={"version": "1.10.0", "enabled": True})
    assert (updated.json()["version"], updated.json()["update_available"]) == ("1.10.0", False)
    assert updated.json()["settings"] == {"theme": "dark", "limit": 3}


async def test_what_a_visitor_installed_belongs_to_the_account_after_sign_up_and_counts_once(people: People) -> None:
    developer = await people.developer()
    plugin_id = await people.create_plugin(developer)
    await people.publish(developer, plugin_id, "1.0.0")
    somebody = people.visitor()
    settings = {"theme": "dark", "limit": 3}
    installed = await people.install(somebody, plugin_id, settings=settings)
    assert installed.status_code == 201, installed.text
    address = f"/user/plugins/{plugin_id}"

    anonymous_session = somebody.cookies["sid"]
    signed_up = await somebody.post(
        "/auth/register",
        json={"email": f"{plugin_id}@example.org", "password": "correct horse battery", "name": "Vera"},
    )
    assert signed_up.status_code == 201
    assert somebody.cookies["sid"] != anonymous_session, "the session id rotates at sign-in"

    async def owned_by_the_account() -> bool:
        items = (await somebody.get("/user/plugins")).json()["items"]
        return [(item["plugin_id"], item["settings"]) for item in items] == [(plugin_id, settings)]

    await eventually(owned_by_the_account, timeout_seconds=40)
    left_behind = await people.visitor().get("/user/plugins", headers={"cookie": f"sid={anonymous_session}"})
    assert left_behind.status_code == 401 or left_behind.json()["items"] == []

    async def counted() -> bool:
        answer = await people.visitor().get(f"/plugins/{plugin_id}")
        return bool(answer.json()["install_count"] == 1)

    await eventually(counted, timeout_seconds=40, saying="one install, however often it moved")
    assert (await somebody.delete(address)).status_code == 204

    async def counted_down() -> bool:
        return bool((await people.visitor().get(f"/plugins/{plugin_id}")).json()["install_count"] == 0)

    await eventually(counted_down, timeout_seconds=40)


async def test_a_rejected_version_stays_private_and_its_developer_learns_why(people: People) -> None:
    developer = await people.developer()
    plugin_id = await people.create_plugin(developer)
    received = await people.submit(developer, plugin_id, "1.0.0")
    address = received.headers["location"].removeprefix("/api/v1")
    submission_id = received.json()["id"]
    await people.await_review(developer, address)
    reviewer = await people.reviewer()
    queue = (await reviewer.get("/review/queue", params={"limit": 100})).json()["items"]
    assert submission_id in [item["id"] for item in queue]
    incomplete = await reviewer.post(f"/review/submissions/{submission_id}/decision", json={"verdict": "reject"})
    assert incomplete.status_code == 422
    body = {"verdict": "reject", "reason_code": "quality", "text": "It does nothing."}
    assert (await reviewer.post(f"/review/submissions/{submission_id}/decision", json=body)).status_code == 200
    seen = (await developer.get(address)).json()
    assert (seen["status"], seen["decision"]["reason_code"]) == ("rejected", "quality")
    assert seen["decision"]["text"] == "It does nothing."
    assert (await people.visitor().get(f"/plugins/{plugin_id}")).status_code == 404
    assert (await people.submit(developer, plugin_id, "1.0.0")).status_code == 202, "a rejected version is not burned"


async def test_suspending_takes_a_plugin_out_at_once_and_restoring_brings_it_back(people: People) -> None:
    developer = await people.developer()
    plugin_id = await people.create_plugin(developer)
    await people.publish(developer, plugin_id, "1.0.0")
    owner = people.visitor()
    assert (await people.install(owner, plugin_id)).status_code == 201
    administrator = await people.administrator()
    suspended = await administrator.post(f"/admin/plugins/{plugin_id}/suspend", json={"reason": "a test"})
    assert suspended.status_code == 200, suspended.text

    async def out_of_sight() -> bool:
        detail = await people.visitor().get(f"/plugins/{plugin_id}")
        found = (await people.visitor().get("/plugins", params={"q": plugin_id})).json()["items"]
        install = await people.visitor().post("/user/plugins/install", json={"plugin_id": plugin_id})
        return (
            detail.json().get("code") == "plugin_suspended"
            and found == []
            and (install.status_code, install.json().get("code")) == (409, "plugin_suspended")
        )

    await eventually(out_of_sight, timeout_seconds=40)
    assert (await owner.patch(f"/user/plugins/{plugin_id}", json={"enabled": False})).status_code == 200
    assert (await administrator.post(f"/admin/plugins/{plugin_id}/restore")).status_code == 200

    async def back() -> bool:
        found = (await people.visitor().get("/plugins", params={"q": plugin_id})).json()["items"]
        detail = await people.visitor().get(f"/plugins/{plugin_id}")
        return [item["id"] for item in found] == [plugin_id] and detail.status_code == 200

    await eventually(back, timeout_seconds=40)


async def test_reviews_of_users_are_one_each_and_make_the_rating(people: People) -> None:
    developer = await people.developer()
    plugin_id = await people.create_plugin(developer)
    await people.publish(developer, plugin_id, "1.0.0")
    address = f"/plugins/{plugin_id}/reviews/mine"
    ann, bob = await people.register("Ann"), await people.register("Bob")
    assert (await people.visitor().put(address, json={"rating": 5, "text": "x"})).status_code == 401
    assert (await ann.put(address, json={"rating": 5, "text": "Good."})).status_code == 201
    assert (await ann.put(address, json={"rating": 2, "text": "Not so good."})).status_code == 200
    assert (await bob.put(address, json={"rating": 3, "text": "Fine."})).status_code == 201
    assert (await ann.get(address)).json()["rating"] == 2

    async def rated() -> bool:
        detail = (await people.visitor().get(f"/plugins/{plugin_id}")).json()
        return bool(detail["rating"] == {"average": 2.5, "count": 2})

    await eventually(rated, timeout_seconds=40)
    listed = (await people.visitor().get(f"/plugins/{plugin_id}/reviews")).json()["items"]
    assert {review["user"]["name"] for review in listed} == {"Ann", "Bob"}
    assert (await bob.delete(address)).status_code == 204
    assert (await bob.get(address)).status_code == 404
