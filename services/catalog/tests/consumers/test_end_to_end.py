"""The real processes on a real broker: events come in, the API shows them, documents and reviews go out."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from contracts.events.installs import InstallCreated, InstallRemoved
from contracts.events.plugins import PluginRegistered, PluginSuspended, PluginVersionPublished
from testkit.waiting import eventually


@pytest.fixture(scope="module")
async def platform(running_role: Any) -> AsyncIterator[httpx.AsyncClient]:
    """The three processes of the catalog; a client of its API."""
    async with (
        running_role("work"),
        running_role("relay"),
        running_role("serve") as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        yield client


async def test_a_plugin_comes_in_is_read_counted_reviewed_suspended_and_told(
    platform: httpx.AsyncClient, wire: Any, publisher: Any, token_for: Any
) -> None:
    url, key = f"/api/v1/plugins/{publisher.plugin_id}", publisher.plugin_id
    registered = publisher.change()
    await wire.send(PluginRegistered(plugin=registered.state), key=key, sequence=1)
    published = publisher.change(version="1.0.0")
    release = PluginVersionPublished(plugin=published.state, version=published.version)
    await wire.send(release, key=key, sequence=2, times=2)

    async def is_listed() -> bool:
        return (await platform.get(url)).status_code == 200

    await eventually(is_listed, 30)

    owner = uuid4()
    install = {
        "owner_id": owner, "owner_kind": "user", "plugin_id": key, "version": "1.0.0", "enabled": True,
        "changed_at": datetime.now(UTC),
    }  # fmt: skip
    await wire.send(InstallCreated(**install), key=f"{owner}:{key}", sequence=1, times=2)
    await wire.send(InstallRemoved(**install), key=f"{owner}:{key}", sequence=2, times=2)
    for _ in range(5):
        other = uuid4()
        await wire.send(InstallCreated(**{**install, "owner_id": other}), key=f"{other}:{key}", sequence=1, times=2)

    async def is_counted() -> bool:
        return bool((await platform.get(url)).json()["install_count"] == 5)

    await eventually(is_counted, 30)

    headers = token_for.headers()
    review = await platform.put(f"{url}/reviews/mine", json={"rating": 4, "text": "Good."}, headers=headers)
    assert review.status_code == 201
    [told] = await wire.read("reviews.v1", key, at_least=1)
    assert (told.type, told.sequence, told.json()["rating"]) == ("review.posted.v1", 1, 4)

    async def document_tells_the_rating() -> bool:
        documents = await wire.read("plugin-documents.v1", key, at_least=2)
        last = documents[-1].json()
        return (last["rating_count"], last["install_count"], last["change"]) == (1, 5, "counts")

    await eventually(document_tells_the_rating, 30)

    suspended = publisher.change(status="suspended")
    await wire.send(PluginSuspended(plugin=suspended.state, reason="test"), key=key, sequence=3)

    async def is_suspended() -> bool:
        return (await platform.get(url)).status_code == 403

    await eventually(is_suspended, 30)

    async def tombstone_is_last() -> bool:
        documents = await wire.read("plugin-documents.v1", key, at_least=3)
        sequences = [document.sequence for document in documents]
        assert sequences == sorted(set(sequences))
        return documents[-1].data is None

    await eventually(tombstone_is_last, 30)


async def test_a_bad_message_goes_to_the_dead_letters_and_the_others_flow(
    platform: httpx.AsyncClient, wire: Any, publisher: Any, another_publisher: Any
) -> None:
    published = publisher.change(version="1.0.0")
    release = PluginVersionPublished(plugin=published.state, version=published.version)
    bad = {"ce_id": str(uuid4()), "ce_type": release.event_type, "ce_source": "/t", "ce_sequence": "1"}
    headers = [(name, value.encode()) for name, value in {**bad, "ce_time": "2026-11-01T12:00:00+00:00"}.items()]
    await wire.send_raw("plugins.v1", another_publisher.plugin_id, b'{"plugin": "nonsense"}', headers)
    await wire.send(release, key=publisher.plugin_id, sequence=1)

    async def is_listed() -> bool:
        return (await platform.get(f"/api/v1/plugins/{publisher.plugin_id}")).status_code == 200

    await eventually(is_listed, 40)
    # One for each group that reads the topic: the read model and the change feed.
    dead = await wire.read("plugins.v1.dlq", another_publisher.plugin_id, at_least=2)
    assert [letter.data for letter in dead] == [b'{"plugin": "nonsense"}'] * 2
