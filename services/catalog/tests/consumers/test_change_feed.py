"""The feed end to end: what is stated on Kafka is told once, with the same id, however often a reader is cut off."""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import httpx
import pytest

from contracts.events.plugins import PluginRegistered, PluginRestored, PluginSuspended, PluginVersionPublished
from testkit.waiting import eventually

URL = "/api/v1/changes"


@dataclass
class Sent:
    """One server-sent event."""

    id: str
    type: str
    event: dict[str, Any]


class Stream:
    """A reader of server-sent events that resumes as browsers do."""

    def __init__(self, url: str, **params: Any) -> None:
        self._url = url + URL
        self._params = params
        self.last_id: str | None = None
        self.events: list[Sent] = []
        self.comments = 0

    async def read(self) -> None:
        """Read until the server ends the stream."""
        headers = {"accept": "text/event-stream", **({"last-event-id": self.last_id} if self.last_id else {})}
        async with (
            httpx.AsyncClient(timeout=30) as client,
            client.stream("GET", self._url, params=self._params, headers=headers) as answer,
        ):
            assert answer.status_code == 200, await answer.aread()
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert "no-store" in answer.headers["cache-control"]
            block: dict[str, str] = {}
            async for line in answer.aiter_lines():
                if line.startswith(":"):
                    self.comments += 1
                elif line:
                    name, _, value = line.partition(": ")
                    block[name] = value
                else:
                    self._take(block)
                    block = {}

    def _take(self, block: dict[str, str]) -> None:
        self.last_id = block.get("id", self.last_id)
        if "data" in block:
            self.events.append(Sent(block["id"], block["event"], json.loads(block["data"])))

    async def read_for_ever(self, *, cut_after_seconds: float) -> None:
        """Read, cut the connection in the middle of it, before so many seconds are over, and read on."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(random.uniform(0, cut_after_seconds)):
                    await self.read()


@pytest.fixture(scope="module")
async def served(running_role: Any) -> AsyncIterator[str]:
    async with running_role("work"), running_role("relay"), running_role("serve") as url:
        yield url


async def _follow(stream: Stream, *, cut_after_seconds: float = 600.0) -> asyncio.Task[None]:
    task = asyncio.create_task(stream.read_for_ever(cut_after_seconds=cut_after_seconds))
    await eventually(lambda: stream.last_id is not None, saying="the stream has begun")
    return task


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_plugin_is_told_from_publication_to_suspension_with_the_ids_of_kafka(
    served: str, wire: Any, publisher: Any, token_for: Any
) -> None:
    key = publisher.plugin_id
    stream = Stream(served, since="now")
    following = await _follow(stream)

    def of_key() -> list[Sent]:
        return [sent for sent in stream.events if sent.event["subject"] == key]

    await wire.send(PluginRegistered(plugin=publisher.change(name="Draft").state), key=key, sequence=1)
    published = publisher.change(version="1.0.0")
    release = PluginVersionPublished(plugin=published.state, version=published.version)
    await wire.send(release, key=key, sequence=2, times=2)
    await eventually(lambda: len(of_key()) == 2, 60)
    async with httpx.AsyncClient(base_url=served) as client:
        review = await client.put(
            f"/api/v1/plugins/{key}/reviews/mine", json={"rating": 4, "text": "Good."}, headers=token_for.headers()
        )
        assert review.status_code == 201
    await eventually(lambda: len(of_key()) == 3, 60)
    suspended = PluginSuspended(plugin=publisher.change(status="suspended").state, reason="a secret reason")
    await wire.send(suspended, key=key, sequence=3)
    await eventually(lambda: of_key()[-1].type == "plugin-document.removed.v1", 60)
    hidden = publisher.change(version="1.1.0", status="suspended")
    await wire.send(PluginVersionPublished(plugin=hidden.state, version=hidden.version), key=key, sequence=4)
    await wire.send(PluginRestored(plugin=publisher.change(status="published").state), key=key, sequence=5)
    await eventually(lambda: of_key()[-1].type == release.event_type, 60)
    await _stop(following)

    # The version that was published meanwhile may have made the catalog state the removal once more.
    kinds = [kind for kind, _ in groupby(sent.type for sent in of_key())]
    assert kinds == [
        "plugin-document.v1", "plugin-version.published.v1", "review.posted.v1", "plugin-document.removed.v1",
        "plugin-document.v1", "plugin-version.published.v1",
    ]  # fmt: skip
    documents = await wire.read("plugin-documents.v1", key, at_least=3)
    on_kafka = {
        str(event.id): event for event in documents if event.data is None or event.json()["change"] == "content"
    }
    told = {sent.id: sent.event for sent in of_key() if sent.type.startswith("plugin-document")}
    assert set(told) == set(on_kafka)
    for id_, event in told.items():
        assert event["data"] == (on_kafka[id_].json() if on_kafka[id_].data is not None else None)
    versions = await wire.read("plugins.v1", key, at_least=6)
    assert [sent.id for sent in of_key() if sent.type == release.event_type] == list(
        dict.fromkeys(str(event.id) for event in versions if event.type == release.event_type)
    )
    assert "secret reason" not in json.dumps([sent.event for sent in stream.events])
    assert "Draft" not in json.dumps([sent.event for sent in stream.events])


async def test_a_reader_that_is_cut_off_again_and_again_misses_nothing_and_gets_nothing_twice(
    served: str, wire: Any, publisher: Any
) -> None:
    key = publisher.plugin_id
    stream, whole = Stream(served, since="now"), Stream(served, since="now")
    cut, uncut = await _follow(stream, cut_after_seconds=0.8), await _follow(whole)
    first = publisher.change(version="1.0.0")
    await wire.send(PluginVersionPublished(plugin=first.state, version=first.version), key=key, sequence=1)

    def ids(of: Stream) -> list[str]:
        return [sent.id for sent in of.events if sent.event["subject"] == key]

    await eventually(lambda: len(ids(whole)) == 2 and len(ids(stream)) == 2, 60)

    async def write(start_at: int) -> None:
        for number in range(start_at, 121, 4):
            release = publisher.change(version=f"1.0.{number}")
            await wire.send(
                PluginVersionPublished(plugin=release.state, version=release.version), key=key, sequence=1 + number
            )

    await asyncio.gather(*(write(number) for number in range(1, 5)))

    def versions(of: Stream) -> list[str]:
        return [sent.id for sent in of.events if sent.event["subject"] == key and "version" in sent.event["data"]]

    await eventually(lambda: len(versions(whole)) == 121 and len(versions(stream)) == 121, 60)
    await asyncio.gather(_stop(cut), _stop(uncut))
    assert len(set(versions(stream))) == 121
    common = min(len(ids(stream)), len(ids(whole)))
    assert ids(stream)[:common] == ids(whole)[:common]
    assert len(ids(stream)) == len(set(ids(stream)))


async def test_open_streams_and_polls_do_not_hold_a_restart_up(running_role: Any) -> None:
    async with httpx.AsyncClient(timeout=40) as client:
        async with running_role("serve") as url:
            streams = [asyncio.create_task(Stream(url, since="now").read()) for _ in range(5)]
            poll = asyncio.create_task(client.get(url + URL, params={"since": "now", "wait": 30}))

            async def all_wait() -> bool:
                return "change_feed_readers 6.0" in (await client.get(url + "/metrics")).text

            await eventually(all_wait)
            began_at = time.monotonic()  # the block's end sends SIGTERM and waits for the process
        assert time.monotonic() - began_at < 5
        await asyncio.gather(*streams)  # ended by the server, in order
        answer = await poll
    assert (answer.status_code, answer.json()["changes"]) == (200, [])
