"""The copy of published plugins."""

import random
from typing import Any

import httpx
import pytest
from pydantic import ValidationError
from sqlalchemy import text

from chassis.db import Database
from contracts.events.plugins import PluginRestored, PluginSuspended, PluginUpdated
from contracts.events.reviews import ReviewRemoved
from installs.consumers.plugins import plugins_subscription
from installs.usecases.learn_plugins import LearnPlugins


@pytest.fixture
def known(database: Database, plugin_id: str) -> Any:
    async def read() -> Any:
        async with database.read() as connection:
            query = text("SELECT * FROM known_plugins WHERE plugin_id = :id")
            return (await connection.execute(query, {"id": plugin_id})).one_or_none()

    return read


async def test_the_latest_version_is_the_highest_release_compared_as_versions(
    publish: Any, known: Any, plugin_id: str
) -> None:
    await publish(plugin_id, "0.1.0-beta")
    assert (await known()).latest_version == "0.1.0-beta"
    await publish(plugin_id, "1.10.0", "1.9.9", "1.2.0", "2.0.0-rc.2")
    assert (await known()).latest_version == "1.10.0"
    await publish(plugin_id, "2.0.0")
    assert (await known()).latest_version == "2.0.0"


async def test_an_older_state_never_replaces_a_newer_one(
    deliver_plugins: Any, facts: Any, known: Any, plugin_id: str
) -> None:
    events = [
        facts.make_event(facts.published(plugin_id, "1.0.0"), key=plugin_id, sequence=1),
        facts.make_event(PluginUpdated(plugin=facts.plugin_state(plugin_id, name="Two")), key=plugin_id, sequence=2),
        facts.make_event(
            PluginSuspended(plugin=facts.plugin_state(plugin_id, "suspended", name="Three"), reason="x"),
            key=plugin_id,
            sequence=3,
        ),
        facts.make_event(facts.published(plugin_id, "1.1.0"), key=plugin_id, sequence=2),
    ]
    for _ in range(20):
        batch = random.choices(events, k=3)  # redelivered, reordered, in batches and one by one
        await deliver_plugins(*batch)
        await deliver_plugins(random.choice(events))
    await deliver_plugins(*events)
    row = await known()
    assert (row.name, row.status, row.sequence, row.latest_version) == ("Three", "suspended", 3, "1.1.0")


async def test_a_restored_plugin_can_be_installed_again(
    deliver_plugins: Any, publish: Any, facts: Any, plugin_id: str, client: httpx.AsyncClient, user: Any
) -> None:
    await publish(plugin_id)
    await deliver_plugins(
        PluginSuspended(plugin=facts.plugin_state(plugin_id, "suspended"), reason="x"),
        PluginRestored(plugin=facts.plugin_state(plugin_id)),
    )
    answer = await client.post("/plugins/install", json={"plugin_id": plugin_id}, headers=user.headers)
    assert answer.status_code == 201


async def test_a_new_version_shows_as_an_update_and_a_new_name_at_once(
    deliver_plugins: Any, publish: Any, facts: Any, plugin_id: str, client: httpx.AsyncClient, user: Any
) -> None:
    await publish(plugin_id, "1.0.0")
    await client.post("/plugins/install", json={"plugin_id": plugin_id}, headers=user.headers)
    await deliver_plugins(
        facts.published(plugin_id, "1.0.1"), PluginUpdated(plugin=facts.plugin_state(plugin_id, name="Renamed"))
    )
    (item,) = (await client.get("/plugins", headers=user.headers)).json()["items"]
    assert (item["version"], item["plugin"]["latest_version"], item["update_available"]) == ("1.0.0", "1.0.1", True)
    assert item["plugin"]["name"] == "Renamed"


async def test_a_rebuild_mends_what_was_damaged_and_takes_no_older_state(
    database: Database, deliver_plugins: Any, facts: Any, known: Any, plugin_id: str
) -> None:
    events = [
        facts.make_event(facts.published(plugin_id, "1.0.0", {"type": "object"}), key=plugin_id, sequence=1),
        facts.make_event(facts.published(plugin_id, "1.1.0"), key=plugin_id, sequence=2),
        facts.make_event(PluginUpdated(plugin=facts.plugin_state(plugin_id, name="Three")), key=plugin_id, sequence=3),
    ]
    await deliver_plugins(*events)
    versions = text("SELECT * FROM known_versions WHERE plugin_id = :id ORDER BY version")

    async def read_versions() -> Any:
        async with database.read() as connection:
            return (await connection.execute(versions, {"id": plugin_id})).all()

    sound = await known(), await read_versions()
    async with database.transaction() as connection:
        for damage in (
            "UPDATE known_plugins SET name = 'Damaged', latest_version = '0.1.0', latest_sort_key = 'x'",
            "UPDATE known_versions SET settings_schema = NULL, sha256 = 'damaged'",
        ):
            await connection.execute(text(f"{damage} WHERE plugin_id = :id"), {"id": plugin_id})
    await deliver_plugins(*events)
    assert (await known()).name == "Damaged"  # a repeat by itself changes nothing
    handler = plugins_subscription(LearnPlugins(database=database, is_rebuild=True)).handler
    await handler(events[:1])
    assert (await known()).name == "Damaged"  # rather than an older state
    await handler(events)
    assert (await known(), await read_versions()) == sound


async def test_unknown_kinds_of_events_are_ignored_and_malformed_ones_are_not(
    deliver_plugins: Any, facts: Any, known: Any, plugin_id: str
) -> None:
    at = facts.plugin_state(plugin_id).created_at
    foreign = ReviewRemoved(plugin_id=plugin_id, user_id="00000000-0000-0000-0000-000000000001", removed_at=at)
    await deliver_plugins(facts.make_event(foreign, key=plugin_id))
    assert await known() is None
    broken = facts.make_event(facts.published(plugin_id, "1.0.0"), key=plugin_id)
    object.__setattr__(broken, "data", b"{}")
    with pytest.raises(ValidationError):
        await deliver_plugins(broken)
