"""Somebody without an account follows a plugin through the gateway, from its publication to its suspension."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import httpx

from testkit.people import API, People
from testkit.platform import RunningPlatform
from testkit.waiting import eventually


async def test_a_stranger_follows_a_plugin_through_the_gateway(people: People, platform: RunningPlatform) -> None:
    events: list[dict[str, Any]] = []
    begun = asyncio.Event()

    async def follow() -> None:
        async with (
            httpx.AsyncClient(base_url=platform.gateway_url, timeout=40) as client,
            client.stream(
                "GET", f"{API}/changes", params={"since": "now"}, headers={"accept": "text/event-stream"}
            ) as answer,
        ):
            assert answer.status_code == 200
            assert "set-cookie" not in answer.headers
            async for line in answer.aiter_lines():
                begun.set()
                if line.startswith("data: "):
                    events.append(json.loads(line.removeprefix("data: ")))

    following = asyncio.create_task(follow())
    await begun.wait()
    developer = await people.developer()
    plugin_id = await people.create_plugin(developer)
    await people.publish(developer, plugin_id, "1.0.0")

    def kinds() -> list[str]:
        return [event["type"] for event in events if event["subject"] == plugin_id]

    published = ["plugin-document.v1", "plugin-version.published.v1"]
    await eventually(lambda: kinds() == published, 40, saying="it is told while the stream is open")
    administrator = await people.administrator()
    suspended = await administrator.post(f"/admin/plugins/{plugin_id}/suspend", json={"reason": "a secret"})
    assert suspended.status_code == 200, suspended.text
    await eventually(lambda: kinds() == [*published, "plugin-document.removed.v1"], 40)
    following.cancel()
    with suppress(asyncio.CancelledError):
        await following

    async with httpx.AsyncClient(base_url=platform.gateway_url, timeout=40) as client:
        everything = await _read_all(client)
        rest = await client.get(f"{API}/changes", params={"since": events[-1]["id"], "wait": 0})
    told = [event["type"] for event in everything if event["subject"] == plugin_id]
    assert told == ["plugin-document.removed.v1"], "who comes later is told of the removal only"
    assert plugin_id not in rest.text
    assert "a secret" not in json.dumps([everything, events])


async def _read_all(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    """Read the feed from its beginning to its present end; other tests fill pages too."""
    changes: list[dict[str, Any]] = []
    since: dict[str, str] = {}
    while True:
        page = (await client.get(f"{API}/changes", params={**since, "limit": 500, "wait": 0})).json()
        if not page["changes"]:
            return changes
        changes += page["changes"]
        since = {"since": page["cursor"]}
