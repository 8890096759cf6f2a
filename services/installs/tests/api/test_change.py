"""PATCH and DELETE /user/plugins/{id}."""

import asyncio
from typing import Any

import httpx
import pytest

from contracts.events.installs import InstallRemoved, InstallUpdated
from contracts.events.plugins import PluginRestored, PluginSuspended


@pytest.fixture
async def install(client: httpx.AsyncClient, user: Any, publish: Any, plugin_id: str, settings_schema: Any) -> Any:
    """Versions 1.0.0 and 1.1.0 are published, 1.0.0 is installed; gives a function that patches the install."""
    await publish(plugin_id, "1.0.0", "1.1.0", settings_schema=settings_schema)
    body = {"plugin_id": plugin_id, "version": "1.0.0"}
    assert (await client.post("/plugins/install", json=body, headers=user.headers)).status_code == 201

    async def patch(change: Any, **headers: str) -> httpx.Response:
        return await client.patch(f"/plugins/{plugin_id}", json=change, headers={**user.headers, **headers})

    return patch


async def test_switch_settings_and_version_change_and_each_states_an_event(
    install: Any, user: Any, outbox: Any
) -> None:
    off = await install({"enabled": False})
    assert (off.status_code, off.json()["enabled"], off.headers["etag"]) == (200, False, '"2"')
    assert off.json()["update_available"] is True
    dark = await install({"settings": {"theme": "dark"}})
    assert dark.json()["settings"] == {"theme": "dark"}
    up = await install({"version": "1.1.0"})
    assert (up.json()["version"], up.json()["settings"]) == ("1.1.0", {"theme": "dark"})
    assert up.json()["update_available"] is False
    down = await install({"version": "1.0.0", "enabled": True, "settings": {}})
    assert (down.json()["version"], down.json()["enabled"], down.json()["settings"]) == ("1.0.0", True, {})
    rows = await outbox(user.id)
    assert [row.sequence for row in rows] == [1, 2, 3, 4, 5]
    for row in rows[1:]:
        assert row.type == "install.updated.v1"
        assert row.payload.keys() == InstallUpdated.model_fields.keys()
        InstallUpdated.model_validate(row.payload)
    assert [(row.payload["version"], row.payload["enabled"]) for row in rows[1:]] == [
        ("1.0.0", False), ("1.0.0", False), ("1.1.0", False), ("1.0.0", True)
    ]  # fmt: skip


@pytest.mark.parametrize(
    "change", [{}, {"enabled": True}, {"version": "1.0.0"}, {"settings": {"theme": "light", "size": 3.0}}]
)
async def test_a_patch_that_changes_nothing_writes_nothing(install: Any, user: Any, outbox: Any, change: Any) -> None:
    answer = await install(change)
    assert (answer.status_code, answer.headers["etag"]) == (200, '"1"')
    assert len(await outbox(user.id)) == 1


async def test_a_stale_if_match_is_refused_and_a_current_one_is_not(install: Any) -> None:
    assert (await install({"enabled": False}, **{"if-match": '"1"'})).status_code == 200
    stale = await install({"enabled": True}, **{"if-match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "revision_mismatch")
    assert (await install({"enabled": True}, **{"if-match": 'W/"2"'})).status_code == 412
    assert (await install({"enabled": True}, **{"if-match": "nonsense"})).status_code == 412
    assert (await install({"enabled": True}, **{"if-match": '"1", "2"'})).status_code == 200
    assert (await install({"enabled": False}, **{"if-match": "*"})).status_code == 200


async def test_of_many_conditional_changes_at_once_one_wins(install: Any, user: Any, outbox: Any) -> None:
    answers = await asyncio.gather(
        *(install({"settings": {"size": size}}, **{"if-match": '"1"'}) for size in range(4, 11))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 6
    winner = next(answer for answer in answers if answer.status_code == 200)
    assert (await install({})).json() == winner.json()
    assert [row.sequence for row in await outbox(user.id)] == [1, 2]


async def test_unconditional_changes_at_once_all_count_or_ask_to_come_back(
    install: Any, user: Any, outbox: Any
) -> None:
    changes = [{"enabled": False}, {"settings": {"size": 9}}, {"version": "1.1.0"}]
    answers = await asyncio.gather(*(install(change) for change in changes))
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    final = (await install({})).json()
    assert (final["enabled"], final["settings"], final["version"]) == (False, {"size": 9}, "1.1.0")
    rows = await outbox(user.id)
    assert [row.sequence for row in rows] == [1, 2, 3, 4]
    assert (rows[-1].payload["enabled"], rows[-1].payload["version"]) == (False, "1.1.0")


async def test_a_suspended_plugin_can_be_disabled_and_uninstalled_and_nothing_else(
    install: Any, client: httpx.AsyncClient, user: Any, deliver_plugins: Any, facts: Any, plugin_id: str
) -> None:
    await deliver_plugins(PluginSuspended(plugin=facts.plugin_state(plugin_id, "suspended"), reason="malware"))
    switched = await install({"version": "1.1.0"})
    assert (switched.status_code, switched.json()["code"]) == (409, "plugin_suspended")
    off = await install({"enabled": False})
    assert off.status_code == 200
    assert (off.json()["plugin"]["status"], off.json()["update_available"]) == ("suspended", False)
    on = await install({"enabled": True})
    assert (on.status_code, on.json()["code"]) == (409, "plugin_suspended")
    assert (await client.delete(f"/plugins/{plugin_id}", headers=user.headers)).status_code == 204
    await deliver_plugins(PluginRestored(plugin=facts.plugin_state(plugin_id)))
    again = await client.post("/plugins/install", json={"plugin_id": plugin_id}, headers=user.headers)
    assert again.status_code == 201


async def test_a_version_that_takes_other_settings_needs_them_with_the_switch(
    install: Any, deliver_plugins: Any, facts: Any, plugin_id: str
) -> None:
    strict = {
        "type": "object",
        "required": ["theme", "size", "mode"],
        "properties": {"theme": {"enum": ["blue"]}, "size": {"type": "integer"}, "mode": {"type": "string"}},
    }
    await deliver_plugins(facts.published(plugin_id, "2.0.0", strict))
    await install({"settings": {"theme": "dark", "size": 3}})
    refused = await install({"version": "2.0.0"})
    assert (refused.status_code, refused.json()["code"]) == (422, "settings_invalid")
    assert "together with 'version'" in refused.json()["remedy"]
    assert [(error["pointer"], error["code"]) for error in refused.json()["errors"]] == [
        ("/settings", "required"), ("/settings/theme", "enum")
    ]  # fmt: skip
    both = await install({"version": "2.0.0", "settings": {"theme": "blue", "size": 1, "mode": "x"}})
    assert (both.status_code, both.json()["version"]) == (200, "2.0.0")


async def test_settings_that_nobody_chose_give_way_to_the_defaults_of_the_version(
    install: Any, deliver_plugins: Any, facts: Any, plugin_id: str
) -> None:
    schema = {"type": "object", "additionalProperties": False, "properties": {"mode": {"default": "calm"}}}
    await deliver_plugins(facts.published(plugin_id, "2.0.0", schema))
    answer = await install({"version": "2.0.0"})
    assert (answer.status_code, answer.json()["settings"]) == (200, {"mode": "calm"})


async def test_a_version_whose_new_required_setting_has_a_default_gets_it(
    install: Any, deliver_plugins: Any, facts: Any, plugin_id: str
) -> None:
    schema = {
        "type": "object",
        "required": ["mode"],
        "properties": {"mode": {"default": "calm"}, "size": {"default": 1}},
    }
    await deliver_plugins(facts.published(plugin_id, "2.0.0", schema))
    answer = await install({"version": "2.0.0"})
    assert answer.json()["settings"] == {"theme": "light", "size": 3, "mode": "calm"}


async def test_unknown_versions_and_plugins_are_refused(install: Any, client: httpx.AsyncClient, user: Any) -> None:
    unknown = await install({"version": "7.0.0"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "version_not_found")
    invalid = await install({"version": "seven"})
    assert (invalid.status_code, invalid.json()["code"]) == (422, "version_invalid")
    absent = await client.patch("/plugins/never-heard-of", json={"enabled": True}, headers=user.headers)
    assert (absent.status_code, absent.json()["code"]) == (404, "not_installed")


@pytest.mark.parametrize("change", [{"enabled": None}, {"settings": None}, {"owner_id": "x"}, {"enabled": "no"}, []])
async def test_patches_of_another_form_are_refused(install: Any, change: Any) -> None:
    answer = await install(change)
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")
    places = [f"/{field}" for field in change] if isinstance(change, dict) else [""]
    assert [error["pointer"] for error in answer.json()["errors"]] == places


async def test_a_removal_states_its_event_once_and_forgets_the_settings(
    install: Any, client: httpx.AsyncClient, user: Any, plugin_id: str, outbox: Any
) -> None:
    await install({"settings": {"labels": ["private"]}})
    stale = await client.delete(f"/plugins/{plugin_id}", headers={**user.headers, "if-match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "revision_mismatch")
    answers = await asyncio.gather(*(client.delete(f"/plugins/{plugin_id}", headers=user.headers) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [204] + [404] * 9
    row = (await outbox(user.id))[-1]
    assert (row.sequence, row.type) == (3, "install.removed.v1")
    assert row.payload.keys() == InstallRemoved.model_fields.keys()
    InstallRemoved.model_validate(row.payload)
    assert (await client.get("/plugins", headers=user.headers)).json() == {"items": []}
    gone = await client.get(f"/plugins/{plugin_id}", headers=user.headers)
    assert (gone.status_code, gone.json()["code"]) == (404, "not_installed")
    again = await client.post(
        "/plugins/install", json={"plugin_id": plugin_id, "version": "1.0.0"}, headers=user.headers
    )
    assert again.json()["settings"] == {"theme": "light", "size": 3}


async def test_installs_and_removals_at_once_alternate_in_the_events(
    client: httpx.AsyncClient, visitor: Any, publish: Any, plugin_id: str, outbox: Any
) -> None:
    await publish(plugin_id)
    installs = [
        client.post("/plugins/install", json={"plugin_id": plugin_id}, headers=visitor.headers) for _ in range(20)
    ]
    removals = [client.delete(f"/plugins/{plugin_id}", headers=visitor.headers) for _ in range(20)]
    answers = await asyncio.gather(*(call for pair in zip(installs, removals, strict=True) for call in pair))
    assert {answer.status_code for answer in answers} <= {200, 201, 204, 404}
    rows = await outbox(visitor.id)
    assert [row.sequence for row in rows] == list(range(1, len(rows) + 1))
    expected = ["install.created.v1", "install.removed.v1"] * len(rows)
    assert [row.type for row in rows] == expected[: len(rows)]
    listed = (await client.get("/plugins", headers=visitor.headers)).json()["items"]
    assert len(listed) == len(rows) % 2
