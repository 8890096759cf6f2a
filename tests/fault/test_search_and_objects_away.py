"""OpenSearch and the object store are killed: what does not need them goes on, and afterwards all catches up."""

import asyncio
from uuid import uuid4

import aiohttp
import httpx

from testkit.faults.figures import Figures
from testkit.faults.load import Load
from testkit.faults.read_traffic import ReadTraffic
from testkit.faults.stack import FaultStack
from testkit.faults.truth import Truth
from testkit.people import WAIT_SECONDS, People, bundle_of
from testkit.waiting import eventually

from .conftest import Size
from .settling import SETTLE_SECONDS, outboxes_are_empty, search_agrees


def is_honest_refusal(answer: httpx.Response) -> bool:
    return answer.status_code == 503 and answer.headers.get("retry-after", "").isdigit()


async def test_only_search_is_poorer_without_opensearch_and_it_catches_up_by_itself(
    stack: FaultStack,
    truth: Truth,
    people: People,
    published: list[str],
    client: aiohttp.ClientSession,
    size: Size,
    figures: Figures,
) -> None:
    developer, visitor = await people.developer(), people.visitor()
    traffic = ReadTraffic(client, published)
    async with Load(traffic, per_second=size.writes_per_second / 2) as reads:
        await stack.kill_server("opensearch")
        young = await people.create_plugin(developer)
        await people.publish(developer, young, "1.0.0")  # nothing of a publication waits for the search engine
        assert (await people.install(people.visitor(), young)).status_code == 201

        async def found_by_the_database() -> bool:
            found = (await visitor.get("/plugins", params={"q": young})).json()
            return bool(found["degraded"] and [item["id"] for item in found["items"]] == [young])

        await eventually(found_by_the_database, WAIT_SECONDS, saying="the database searches")
        await stack.bring_back_server("opensearch")
        catch_up_seconds = await search_agrees(truth)

        async def found_by_the_engine() -> bool:
            # Another text each time: an answer of the database may be kept for some seconds.
            found = (await visitor.get("/plugins", params={"q": f"{young} {uuid4().hex[:6]}"})).json()
            return not found["degraded"]

        await eventually(found_by_the_engine, SETTLE_SECONDS, saying="the engine searches")

    figures.add("OpenSearch killed", "public reads answered", f"{reads.tally.accepted} of {reads.tally.total}", "all")
    figures.add("OpenSearch killed", "longest public read, s", reads.tally.longest_seconds)
    figures.add("OpenSearch killed", "index complete after its return, s", catch_up_seconds, "by itself")
    assert reads.tally.wrong == []
    assert reads.tally.refusals == {}


async def test_without_the_object_store_uploads_and_downloads_are_refused_honestly_and_nothing_is_half_done(
    stack: FaultStack, truth: Truth, people: People, figures: Figures
) -> None:
    developer, reviewer, visitor = await people.developer(), await people.reviewer(), people.visitor()
    plugin_id = await people.create_plugin(developer)
    await people.publish(developer, plugin_id, "1.0.0")
    waiting = (await people.submit(developer, plugin_id, "1.1.0")).json()["id"]
    address = f"/review/submissions/{waiting}"
    await people.await_review(reviewer, address)
    bundle = f"/plugins/{plugin_id}/versions/1.0.0/bundle"

    await stack.kill_server("s3")
    assert is_honest_refusal(await people.submit(developer, plugin_id, "1.2.0"))
    assert is_honest_refusal(await visitor.get(bundle))
    assert is_honest_refusal(await reviewer.get(f"{address}/bundle"))
    assert (await reviewer.post(f"{address}/decision", json={"verdict": "approve"})).status_code == 200
    assert (
        await truth.rows("SELECT 1 FROM publishing.submissions WHERE version = '1.2.0' AND plugin_id = %s", plugin_id)
        == []
    )
    assert (await visitor.get(f"/plugins/{plugin_id}/versions/1.1.0")).status_code == 404

    await stack.bring_back_server("s3")
    returned_at = asyncio.get_running_loop().time()

    async def published() -> bool:
        return (await visitor.get(f"/plugins/{plugin_id}/versions/1.1.0")).status_code == 200

    async def downloads() -> bool:
        answer = await visitor.get(bundle)
        return answer.status_code == 200 and answer.content == bundle_of(plugin_id, "1.0.0")

    await eventually(downloads, SETTLE_SECONDS, saying="bundles can be downloaded")
    download_seconds = asyncio.get_running_loop().time() - returned_at
    await eventually(published, SETTLE_SECONDS, saying="what was approved meanwhile is published")
    publish_seconds = asyncio.get_running_loop().time() - returned_at
    await people.publish(developer, plugin_id, "1.2.0")
    await outboxes_are_empty(truth)
    assert await truth.wrong_bundles() == []

    figures.add("object store killed", "downloads after its return, s", download_seconds, "by itself")
    figures.add("object store killed", "waiting release public after its return, s", publish_seconds, "<= 60")
