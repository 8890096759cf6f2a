"""POST /user/plugins/install."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from contracts.events.installs import InstallCreated
from contracts.events.plugins import PluginRegistered, PluginSuspended
from installs.api.schemas import Install


async def test_an_install_takes_the_latest_version_and_the_defaults(
    client: httpx.AsyncClient, user: Any, publish: Any, plugin_id: str, settings_schema: dict[str, Any]
) -> None:
    await publish(plugin_id, "1.9.0", "1.10.0", "2.0.0-rc.1", settings_schema=settings_schema)
    answer = await client.post("/plugins/install", json={"plugin_id": plugin_id}, headers=user.headers)
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/v1/user/plugins/{plugin_id}"
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["cache-control"] == "private, no-cache"
    body = answer.json()
    Install.model_validate(body)
    assert body["version"] == body["plugin"]["latest_version"] == "1.10.0"
    assert body["settings"] == {"theme": "light", "size": 3}
    assert body["enabled"] is True
    assert body["update_available"] is False
    assert body["plugin"]["bundle_url"] == f"/api/v1/plugins/{plugin_id}/versions/1.10.0/bundle"
    assert body["plugin"]["minimum_platform_version"] == "1.4.0"
    listed = await client.get("/plugins", headers=user.headers)
    assert listed.json() == {"items": [body]}


async def test_the_event_has_exactly_the_fields_of_its_model(
    client: httpx.AsyncClient, visitor: Any, publish: Any, plugin_id: str, outbox: Any
) -> None:
    await publish(plugin_id, "1.0.0")
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    await client.post(
        "/plugins/install", json={"plugin_id": plugin_id}, headers={**visitor.headers, "traceparent": traceparent}
    )
    (row,) = await outbox(visitor.id)
    assert row.payload.keys() == InstallCreated.model_fields.keys()
    event = InstallCreated.model_validate(row.payload)
    assert (event.owner_id, event.owner_kind, event.plugin_id) == (visitor.id, "anonymous", plugin_id)
    assert (event.version, event.enabled) == ("1.0.0", True)
    assert event.changed_at.tzinfo is not None
    assert (row.aggregatetype, row.type, row.sequence) == ("installs.v1", "install.created.v1", 1)
    assert row.aggregateid == f"{visitor.id}:{plugin_id}"
    assert row.traceparent[3:35] == traceparent[3:35]


async def test_a_visitor_without_identity_may_not_write_and_has_an_empty_list(client: httpx.AsyncClient) -> None:
    refused = await client.post("/plugins/install", json={"plugin_id": "any"})
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
    listed = await client.get("/plugins")
    assert (listed.status_code, listed.json()) == (200, {"items": []})


async def test_a_repeat_changes_nothing_and_other_choices_are_a_conflict(
    client: httpx.AsyncClient,
    user: Any,
    publish: Any,
    plugin_id: str,
    outbox: Any,
    settings_schema: dict[str, Any],
) -> None:
    await publish(plugin_id, "1.0.0", "1.1.0", settings_schema=settings_schema)
    body = {"plugin_id": plugin_id, "version": "1.0.0", "settings": {"size": 5}, "enabled": False}
    first = await client.post("/plugins/install", json=body, headers=user.headers)
    again = await client.post("/plugins/install", json=body, headers=user.headers)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    for change in ({"version": "1.1.0"}, {"settings": {"size": 6}}, {"enabled": True}):
        refused = await client.post("/plugins/install", json={**body, **change}, headers=user.headers)
        assert (refused.status_code, refused.json()["code"]) == (409, "already_installed")
    assert len(await outbox(user.id)) == 1


@pytest.mark.parametrize("kind", ["user", "anonymous"])
async def test_fifty_identical_installs_at_once_make_one_row_and_one_event(
    client: httpx.AsyncClient, make_caller: Any, publish: Any, plugin_id: str, outbox: Any, kind: str
) -> None:
    await publish(plugin_id)
    caller = make_caller(kind)
    answers = await asyncio.gather(
        *(client.post("/plugins/install", json={"plugin_id": plugin_id}, headers=caller.headers) for _ in range(50))
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 49 + [201]
    assert len({answer.text for answer in answers}) == 1
    assert [row.type for row in await outbox(caller.id)] == ["install.created.v1"]


async def test_an_install_after_a_removal_counts_the_revision_on(
    client: httpx.AsyncClient, user: Any, publish: Any, plugin_id: str, outbox: Any
) -> None:
    await publish(plugin_id)
    for _ in range(2):
        answer = await client.post("/plugins/install", json={"plugin_id": plugin_id}, headers=user.headers)
        assert answer.status_code == 201
        assert (await client.delete(f"/plugins/{plugin_id}", headers=user.headers)).status_code == 204
    assert [(row.sequence, row.type) for row in await outbox(user.id)] == [
        (1, "install.created.v1"),
        (2, "install.removed.v1"),
        (3, "install.created.v1"),
        (4, "install.removed.v1"),
    ]


async def test_unknown_draft_and_suspended_plugins_are_refused(
    client: httpx.AsyncClient, user: Any, publish: Any, deliver_plugins: Any, facts: Any, plugin_id: str
) -> None:
    async def install() -> tuple[int, str]:
        answer = await client.post("/plugins/install", json={"plugin_id": plugin_id}, headers=user.headers)
        assert answer.json()["remedy"]
        return answer.status_code, answer.json()["code"]

    assert await install() == (404, "plugin_not_found")
    await deliver_plugins(PluginRegistered(plugin=facts.plugin_state(plugin_id, "draft")))
    assert await install() == (404, "plugin_not_found")
    await publish(plugin_id)
    await deliver_plugins(PluginSuspended(plugin=facts.plugin_state(plugin_id, "suspended"), reason="malware"))
    assert await install() == (409, "plugin_suspended")


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("9.9.9", (404, "version_not_found")),
        ("latest", (422, "version_invalid")),
        ("1.0", (422, "version_invalid")),
        ("1.0.0+build", (422, "version_invalid")),
        ("1.0.0'; DROP TABLE installs --", (422, "version_invalid")),
        ("", (422, "request_invalid")),
        (1, (422, "request_invalid")),
        (None, (422, "request_invalid")),
    ],
)
async def test_wrong_versions_are_refused(
    client: httpx.AsyncClient, user: Any, publish: Any, plugin_id: str, version: Any, expected: tuple[int, str]
) -> None:
    await publish(plugin_id)
    body = {"plugin_id": plugin_id, "version": version}
    answer = await client.post("/plugins/install", json=body, headers=user.headers)
    assert (answer.status_code, answer.json()["code"]) == expected


async def test_an_owner_has_a_thousand_installs_at_most(
    client: httpx.AsyncClient, user: Any, deliver_plugins: Any, facts: Any, plugin_id: str
) -> None:
    ids = [f"{plugin_id}-{number}" for number in range(1001)]
    await deliver_plugins(*(facts.published(one, "1.0.0") for one in ids))
    answers = [
        (await client.post("/plugins/install", json={"plugin_id": one}, headers=user.headers)).status_code
        for one in ids[:1000]
    ]
    assert set(answers) == {201}
    over = await client.post("/plugins/install", json={"plugin_id": ids[1000]}, headers=user.headers)
    assert (over.status_code, over.json()["code"]) == (409, "install_limit")
    repeat = await client.post("/plugins/install", json={"plugin_id": ids[0]}, headers=user.headers)
    assert repeat.status_code == 200
    listed = await client.get("/plugins", headers=user.headers)
    assert len(listed.json()["items"]) == 1000
    assert (await client.delete(f"/plugins/{ids[0]}", headers=user.headers)).status_code == 204
    fits = await client.post("/plugins/install", json={"plugin_id": ids[1000]}, headers=user.headers)
    assert fits.status_code == 201


async def test_callers_see_and_change_only_their_own(
    client: httpx.AsyncClient, user: Any, make_caller: Any, publish: Any, plugin_id: str
) -> None:
    await publish(plugin_id)
    await client.post("/plugins/install", json={"plugin_id": plugin_id}, headers=user.headers)
    stranger = make_caller("user").headers
    assert (await client.get("/plugins", headers=stranger)).json() == {"items": []}
    for answer in (
        await client.get(f"/plugins/{plugin_id}", headers=stranger),
        await client.patch(f"/plugins/{plugin_id}", json={"enabled": False}, headers=stranger),
        await client.delete(f"/plugins/{plugin_id}", headers=stranger),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_installed")


async def test_the_list_is_answered_with_304_while_it_stays_the_same(
    client: httpx.AsyncClient, user: Any, publish: Any, plugin_id: str
) -> None:
    await publish(plugin_id)
    await client.post("/plugins/install", json={"plugin_id": plugin_id}, headers=user.headers)
    first = await client.get("/plugins", headers=user.headers)
    conditional = {**user.headers, "if-none-match": first.headers["etag"]}
    same = await client.get("/plugins", headers=conditional)
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", first.headers["etag"])
    await client.patch(f"/plugins/{plugin_id}", json={"enabled": False}, headers=user.headers)
    changed = await client.get("/plugins", headers=conditional)
    assert changed.status_code == 200
    assert changed.headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"plugin_id": ""},
        {"plugin_id": "x" * 65},
        {"plugin_id": ["chart"]},
        {"plugin_id": "chart", "owner_id": str(uuid4())},
        {"plugin_id": "chart", "revision": 1},
        {"plugin_id": "chart", "enabled": "true"},
        {"plugin_id": "chart", "enabled": 1},
        {"plugin_id": "chart", "enabled": None},
        {"plugin_id": "chart", "settings": []},
        {"plugin_id": "chart", "settings": "{}"},
        {"plugin_id": "chart", "settings": None},
        ["chart"],
    ],
)
async def test_bodies_of_another_form_are_refused_and_name_the_place(
    client: httpx.AsyncClient, user: Any, body: Any
) -> None:
    answer = await client.post("/plugins/install", json=body, headers=user.headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")
    assert all(error["detail"] and "pointer" in error for error in answer.json()["errors"])
