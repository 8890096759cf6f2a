import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest


@pytest.mark.usefixtures("worker")
async def test_events_of_a_plugin_are_numbered_in_commit_order_while_many_change_it(
    developer: Any, reviewer: Any, administrator: Any, outbox_of: Callable[[str], Awaitable[list[Any]]]
) -> None:
    plugin_id = await developer.register()
    versions = [f"1.0.{number}" for number in range(4)]

    async def publish(version: str) -> None:
        submission_id = (await developer.send(plugin_id, version)).json()["id"]
        await developer.submission_in(submission_id, "awaiting_review", 30)
        await reviewer.approve(submission_id)
        await developer.submission_in(submission_id, "published", 30)

    async def rename(person: int) -> None:
        for number in range(15):
            path = f"/developer/plugins/{plugin_id}"
            answer = await developer.patch(path, json={"name": f"Name {person} {number}"})
            assert answer.status_code == 200

    async with asyncio.TaskGroup() as group:
        for version in versions:
            group.create_task(publish(version))
        for person in range(4):
            group.create_task(rename(person))
    for action in ("suspend", "restore"):
        await administrator.post(f"/admin/plugins/{plugin_id}/{action}", json={"reason": "x"})

    events = await outbox_of(plugin_id)
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    assert len(events) == 1 + 4 * 15 + len(versions) + 2
    published = [event for event in events if event.type == "plugin-version.published.v1"]
    assert sorted(event.payload["version"]["version"] for event in published) == versions
    times = [event.payload["plugin"]["updated_at"] for event in events]
    assert times == sorted(times)  # each body is the state after its event
    last = (await developer.get(f"/developer/plugins/{plugin_id}")).json()
    assert events[-1].payload["plugin"]["name"] == last["name"]
