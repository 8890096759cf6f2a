from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from testkit.waiting import eventually

SOURCE_MAP = b'{"version": 3, "sources": ["a.js"], "names": [], "mappings": "AAAA"}'
BUNDLE = b"exports.answer = 42;\n"


@pytest.mark.usefixtures("worker")
async def test_a_version_goes_from_upload_over_review_to_the_world(
    developer: Any,
    reviewer: Any,
    outbox_of: Callable[[str], Awaitable[list[Any]]],
    buckets: Any,
) -> None:
    plugin_id = await developer.register()
    sent = await developer.send(plugin_id, bundle=BUNDLE, source_map=SOURCE_MAP, changelog="First.\r\nSecond.")
    assert sent.status_code == 202, sent.text
    submission_id = sent.json()["id"]
    assert sent.headers["location"] == f"/api/v1/developer/submissions/{submission_id}"
    waiting = await developer.submission_in(submission_id, "awaiting_review")
    assert {verdict["check"]: verdict["status"] for verdict in waiting["verdicts"]} == {
        "manifest": "pass", "text": "pass", "invisible-code": "pass", "source-map": "pass",
    }  # fmt: skip

    queue = (await reviewer.get("/review/queue", params={"limit": 100})).json()
    assert submission_id in [item["id"] for item in queue["items"]]
    download = await reviewer.get(f"/review/submissions/{submission_id}/bundle")
    async with httpx.AsyncClient() as plain:
        assert (await plain.get(download.headers["x-accel-redirect"])).content == BUNDLE
    approved = await reviewer.approve(submission_id)
    assert approved.status_code == 200, approved.text
    assert approved.json()["status"] == "approved"

    published = await developer.submission_in(submission_id, "published")
    assert published["decision"]["verdict"] == "approve"
    plugin = (await developer.get(f"/developer/plugins/{plugin_id}")).json()
    assert plugin["status"] == "published"
    assert [version["version"] for version in plugin["versions"]] == ["1.0.0"]

    events = await outbox_of(plugin_id)
    assert [(event.type, event.sequence) for event in events] == [
        ("plugin.registered.v1", 1),
        ("plugin-version.published.v1", 2),
    ]
    version = events[1].payload["version"]
    assert version["changelog"] == "First.\nSecond."
    stored = buckets.client.get_object(Bucket=buckets.settings.bundle_bucket, Key=version["bundle"]["object_key"])
    assert stored["Body"].read() == BUNDLE
    assert stored["CacheControl"] == "public, max-age=31536000, immutable"
    assert stored["ContentType"] == "text/javascript; charset=utf-8"
    assert version["source_map"]["object_key"] == f"{plugin_id}/1.0.0/bundle.js.map"

    await eventually(lambda: not buckets.quarantined(submission_id))
    again = await reviewer.get(f"/review/submissions/{submission_id}/bundle")
    async with httpx.AsyncClient() as plain:
        assert (await plain.get(again.headers["x-accel-redirect"])).content == BUNDLE
