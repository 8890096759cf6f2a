"""A message that nobody can apply, in each topic: those behind it in its partition flow, and it is put aside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

import aiohttp
import httpx

from contracts.envelope import Event
from contracts.events.accounts import AccountDeleted
from contracts.events.documents import PluginDocument
from contracts.events.installs import InstallCreated
from contracts.events.organisations import OrganisationRenamed
from contracts.events.plugins import PluginRegistered
from contracts.events.reviews import ReviewPosted
from contracts.topics import DEAD_LETTER_SUFFIX, TOPICS
from testkit.faults.figures import Figures
from testkit.faults.records import open_producer, read_topic
from testkit.faults.stack import FaultStack
from testkit.faults.truth import Truth
from testkit.people import PASSWORD, WAIT_SECONDS, People
from testkit.waiting import eventually

from .conftest import Size
from .settling import counts_are_exact

TYPES = {
    event.topic: event.event_type
    for event in (AccountDeleted, InstallCreated, OrganisationRenamed, PluginDocument, PluginRegistered, ReviewPosted)
}
GROUPS = {
    "accounts.v1": {"catalog.accounts", "installs.accounts", "publishing.accounts"},
    "installs.v1": {"catalog.installs"},
    "organisations.v1": {"publishing.organisations"},
    "plugin-documents.v1": {"catalog.changes", "search-indexer.documents"},
    "plugins.v1": {"catalog.changes", "catalog.plugins", "installs.plugins"},
    "reviews.v1": {"catalog.changes"},
}
LETTER_SECONDS = 60.0


@dataclass(frozen=True)
class Poison:
    topic: str
    partition: int
    offset: int
    value: bytes


async def partition_of(stack: FaultStack, topic: str, key: str) -> int:
    """Find where the records of a key go."""

    async def found() -> list[int]:
        records = await read_topic(stack.kafka.bootstrap_servers, topic)
        return [record.partition for record in records if record.key == key.encode()]

    return (await eventually(found, WAIT_SECONDS, saying=f"{topic} holds {key}"))[0]


async def poison(stack: FaultStack, topic: str, partitions: Sequence[int]) -> list[Poison]:
    """Write an event whose data is not of its type's form, and bytes that are no event at all."""
    written: list[Poison] = []
    async with open_producer(stack.kafka.bootstrap_servers) as producer:
        for partition in partitions:
            key, value = f"poison-{uuid4().hex[:8]}", f'{{"poison":"{uuid4().hex}"}}'.encode()
            event = Event(
                id=uuid4(), type=TYPES[topic], source="/test", key=key, sequence=1, time=datetime.now(UTC), data=value
            )
            for headers, body in ((event.headers(), value), ([], b"no event " + uuid4().bytes)):
                stored = await producer.send_and_wait(
                    topic, value=body, key=key.encode(), headers=headers, partition=partition
                )
                written.append(Poison(topic, partition, stored.offset, body))
    return written


async def reasons_in_dead_letters(stack: FaultStack, group: str, bad: Poison) -> list[str]:
    """Return the reasons stated by the letters of a group that hold this message, byte for byte."""
    reasons: list[str] = []
    for letter in await read_topic(stack.kafka.bootstrap_servers, bad.topic + DEAD_LETTER_SUFFIX):
        headers = {name: value.decode("utf-8", "replace") for name, value in letter.headers}
        origin = (headers.get("x-origin-partition"), headers.get("x-origin-offset"))
        is_of_group = headers.get("x-error-group", "").startswith(group)  # an index's generation may follow
        if origin == (str(bad.partition), str(bad.offset)) and is_of_group and letter.value == bad.value:
            reasons.append(headers["x-error-reason"])
    return reasons


async def claim_a_visitors_installs(people: People, email: str, plugin_id: str) -> httpx.AsyncClient:
    """Install as a visitor and sign in; returns the browser, whose account gets the install by an event."""
    visitor = people.visitor()
    assert (await people.install(visitor, plugin_id)).status_code == 201
    body = {"email": email, "password": PASSWORD}
    assert (await visitor.post("/auth/login", json=body)).status_code == 200
    return visitor


async def review(client: httpx.AsyncClient, plugin_id: str, text: str) -> None:
    answer = await client.put(f"/plugins/{plugin_id}/reviews/mine", json={"rating": 5, "text": text})
    assert answer.is_success, answer.text


async def rename(owner: httpx.AsyncClient, slug: str, name: str) -> None:
    answer = await owner.patch(f"/organisations/{slug}", json={"name": name})
    assert answer.is_success, answer.text


async def test_poison_in_each_topic_is_put_aside_with_its_reason_while_all_else_flows(
    stack: FaultStack,
    truth: Truth,
    people: People,
    published: list[str],
    client: aiohttp.ClientSession,
    size: Size,
    figures: Figures,
) -> None:
    other_id = published[0]
    developer = await people.developer()
    slug = await people.create_organisation(developer, "Old Labs")
    organisation_id = (await developer.get(f"/organisations/{slug}")).json()["id"]
    await rename(developer, slug, "Labs")
    plugin_id = await people.create_plugin(developer, organisation_id=organisation_id)
    await people.publish(developer, plugin_id, "1.0.0")
    email = f"{uuid4().hex}@example.org"
    registered = await people.visitor().post(
        "/auth/register", json={"email": email, "password": PASSWORD, "name": "Ann"}
    )
    assert registered.status_code == 201
    account_id = registered.json()["user"]["id"]
    owner = await claim_a_visitors_installs(people, email, plugin_id)
    await review(owner, plugin_id, "Before the poison.")
    cursor = (await owner.get("/changes", params={"since": "now", "wait": 0})).json()["cursor"]

    keys = {
        "accounts.v1": account_id,
        "installs.v1": f"{account_id}:{plugin_id}",
        "organisations.v1": organisation_id,
        "plugins.v1": plugin_id,
        "plugin-documents.v1": plugin_id,
        "reviews.v1": plugin_id,
    }
    assert set(keys) == {topic.name for topic in TOPICS if topic.consumers}
    bad: list[Poison] = []
    for topic, key in keys.items():
        own = await partition_of(stack, topic, key)
        bad += await poison(stack, topic, range(6) if size.full else [own])

    # Behind the poison of each partition: a claim, a new name, a review, a removal, and a version with its document.
    await claim_a_visitors_installs(people, email, other_id)
    await rename(developer, slug, "New Labs")
    await review(owner, plugin_id, "Behind the poison.")
    assert (await owner.delete(f"/user/plugins/{plugin_id}")).status_code == 204
    await people.publish(developer, plugin_id, "1.1.0")

    visitor = people.visitor()

    async def all_else_flows() -> bool:
        mine = (await owner.get("/user/plugins")).json()["items"]
        assert [item["plugin_id"] for item in mine] == [other_id]
        found = (await visitor.get("/plugins", params={"q": plugin_id})).json()["items"]
        assert [(item["latest_version"], item["author"]["name"]) for item in found] == [("1.1.0", "New Labs")]
        assert (await people.install(visitor, plugin_id, version="1.1.0")).is_success
        feed = await visitor.get("/changes", params={"since": cursor, "types": TYPES["reviews.v1"], "wait": 0})
        assert "Behind the poison." in feed.text
        return True

    await eventually(all_else_flows, 2 * WAIT_SECONDS, saying="what is behind the poison flows")
    await counts_are_exact(truth, client, [plugin_id, other_id])
    letters = 0
    for message in bad:
        for group in GROUPS[message.topic]:

            async def is_put_aside(group: str = group, message: Poison = message) -> list[str]:
                return await reasons_in_dead_letters(stack, group, message)

            reasons = await eventually(is_put_aside, LETTER_SECONDS, saying=f"{message} is a dead letter of {group}")
            assert all(reasons)
            letters += 1
    figures.add("poison in each topic", f"messages in {len(keys)} topics", len(bad))
    figures.add("poison in each topic", "dead letters with a reason, one for each group", letters, "all")
