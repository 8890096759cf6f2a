"""Every program is killed once while people use the platform: nothing acknowledged is lost, nothing counts twice."""

import asyncio
import json
from contextlib import suppress

import httpx

from testkit.people import WAIT_SECONDS, People, bundle_of, manifest_of
from testkit.platform import RunningPlatform
from testkit.waiting import eventually

ATTEMPTS = 240
PAUSE_SECONDS = 0.25
OWNERS = 12
AWAY = {502, 503, 504}


async def patiently(client: httpx.AsyncClient, method: str, path: str, body: object = None) -> httpx.Response:
    """Send a request that may be repeated until the platform is there."""
    for _ in range(ATTEMPTS):
        with suppress(httpx.TransportError):
            answer = await client.request(method, path, json=body)
            if answer.status_code not in AWAY:
                return answer
        await asyncio.sleep(PAUSE_SECONDS)
    raise AssertionError(f"{method} {path} never answered")


async def upload_patiently(developer: httpx.AsyncClient, plugin_id: str, version: str) -> str:
    """Submit until it is acknowledged; the same bytes resume. Returns the submission's id."""
    files = {
        "manifest": ("manifest.json", json.dumps(manifest_of(plugin_id, version)).encode(), "application/json"),
        "bundle": ("bundle.js", bundle_of(plugin_id, version), "text/javascript"),
    }
    for _ in range(ATTEMPTS):
        with suppress(httpx.TransportError):
            answer = await developer.post(f"/developer/plugins/{plugin_id}/versions", files=files)
            if answer.status_code not in AWAY:
                assert answer.status_code == 202, answer.text
                return str(answer.json()["id"])
        await asyncio.sleep(PAUSE_SECONDS)
    raise AssertionError(f"the upload of {version} was never answered")


async def publish_patiently(
    developer: httpx.AsyncClient, reviewer: httpx.AsyncClient, plugin_id: str, version: str
) -> None:
    address = f"/review/submissions/{await upload_patiently(developer, plugin_id, version)}"

    async def awaits_review() -> bool:
        answer = await patiently(reviewer, "GET", address)
        return bool(answer.json()["status"] == "awaiting_review")

    await eventually(awaits_review, 2 * WAIT_SECONDS, saying=f"{version} awaits review")
    await patiently(reviewer, "POST", f"{address}/decision", {"verdict": "approve"})

    async def published() -> bool:
        answer = await patiently(reviewer, "GET", address)
        return bool(answer.json()["status"] == "published")

    await eventually(published, 2 * WAIT_SECONDS, saying=f"{version} is published")


async def kill_each(platform: RunningPlatform) -> None:
    for name in platform.names:
        await asyncio.to_thread(platform.kill, name)
        await asyncio.to_thread(platform.revive, name)


async def test_publishing_and_installing_survive_the_death_of_each_program(
    people: People, platform: RunningPlatform
) -> None:
    developer, reviewer = await people.developer(), await people.reviewer()
    plugin_id = await people.create_plugin(developer)
    await people.publish(developer, plugin_id, "1.0.0")
    owners = [await people.register(f"Owner {number}") for number in range(OWNERS)]
    assert (await people.install(owners[0], plugin_id, version="1.0.0")).status_code == 201

    deaths = asyncio.create_task(kill_each(platform))
    version, waiting = 0, owners[1:]
    while not deaths.done() or waiting:
        if deaths.done():
            await deaths  # a program that did not come back is told now
        version += 1
        await publish_patiently(developer, reviewer, plugin_id, f"1.{version}.0")
        for owner in waiting[:2]:
            body = {"plugin_id": plugin_id, "version": "1.0.0"}
            answer = await patiently(owner, "POST", "/user/plugins/install", body)
            assert answer.status_code in {200, 201}, answer.text
        del waiting[:2]
    await deaths

    async def everything_agrees() -> bool:
        visitor = people.visitor()
        detail = (await visitor.get(f"/plugins/{plugin_id}")).json()
        listed = (await visitor.get(f"/plugins/{plugin_id}/versions", params={"limit": 100})).json()["items"]
        found = (await visitor.get("/plugins", params={"q": plugin_id})).json()["items"]
        assert detail["latest_version"] == f"1.{version}.0"
        assert len(listed) == min(version + 1, 100)
        assert detail["install_count"] == OWNERS
        assert [(item["id"], item["latest_version"]) for item in found] == [(plugin_id, f"1.{version}.0")]
        return True

    await eventually(everything_agrees, 2 * WAIT_SECONDS)
    for owner in owners:
        assert [item["plugin_id"] for item in (await owner.get("/user/plugins")).json()["items"]] == [plugin_id]
