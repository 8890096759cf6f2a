"""Every event that a life on the platform leaves on Kafka is what its contract says, to the last property."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from uuid import uuid4

import httpx
import psycopg
from confluent_kafka import Consumer, TopicPartition
from jsonschema import Draft202012Validator

from contracts.envelope import Event
from contracts.events.registry import EVENTS
from contracts.schemas import event_schema
from contracts.topics import TOPICS
from testkit.databases import SessionDatabase
from testkit.people import People
from testkit.waiting import eventually


def read_events(bootstrap_servers: str, topic: str, is_wanted: Callable[[str], bool]) -> list[Event]:
    """Read all that was committed to a topic so far for the keys that are wanted."""
    consumer = Consumer(
        {"bootstrap.servers": bootstrap_servers, "group.id": str(uuid4()), "enable.auto.commit": False,
         "enable.partition.eof": True}
    )  # fmt: skip
    try:
        partitions = consumer.list_topics(topic, timeout=30).topics[topic].partitions
        consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
        events, ended = [], 0
        while ended < len(partitions):
            message = consumer.poll(30)
            assert message is not None, "the broker does not answer"
            if message.error():
                ended += 1
                continue
            if not is_wanted((message.key() or b"").decode(errors="replace")):
                continue  # other tests write nonsense too
            headers = [
                (name, value) for name, value in dict(message.headers() or ()).items() if isinstance(value, bytes)
            ]
            events.append(Event.from_record(key=message.key(), value=message.value(), headers=headers))
        return events
    finally:
        consumer.close()


async def live(people: People, database: SessionDatabase) -> tuple[str, set[str]]:
    """Cause every event there is; returns the plugin, and the ids of accounts, of a visitor and of an organisation."""
    developer = await people.developer()
    plugin_id = await people.create_plugin(developer)
    await people.publish(developer, plugin_id, "1.0.0")
    changed = await developer.patch(f"/developer/plugins/{plugin_id}", json={"homepage": "https://example.org/home"})
    assert changed.status_code == httpx.codes.OK, changed.text
    somebody = people.visitor()
    assert (await people.install(somebody, plugin_id)).status_code == httpx.codes.CREATED
    body = {"email": f"{uuid4().hex}@example.org", "password": "correct horse battery", "name": "Vera"}
    assert (await somebody.post("/auth/register", json=body)).status_code == httpx.codes.CREATED

    async def is_claimed() -> bool:
        return [item["plugin_id"] for item in (await somebody.get("/user/plugins")).json()["items"]] == [plugin_id]

    await eventually(is_claimed, 40)
    for answer in (
        await somebody.put(f"/plugins/{plugin_id}/reviews/mine", json={"rating": 4, "text": "Good."}),
        await somebody.delete(f"/plugins/{plugin_id}/reviews/mine"),
        await somebody.patch(f"/user/plugins/{plugin_id}", json={"enabled": False}),
        await somebody.delete(f"/user/plugins/{plugin_id}"),
    ):
        assert answer.is_success, answer.text
    administrator = await people.administrator()
    for verb, reason in (("suspend", {"reason": "a test"}), ("restore", None)):
        answer = await administrator.post(f"/admin/plugins/{plugin_id}/{verb}", json=reason)
        assert answer.is_success, answer.text
        if verb == "suspend":  # a restoration that comes at once would be applied with it, and no removal be stated
            await eventually(lambda: is_suspended(people, plugin_id), 40)
    ids = {(await each.get("/auth/me")).json()["user"]["id"] for each in (developer, somebody)}
    ids |= {await found_and_end(people, developer), await go_idle(people, plugin_id, database)}
    answer = await somebody.request("DELETE", "/auth/me", json={"email": body["email"]})
    assert answer.is_success, answer.text
    return plugin_id, ids


async def found_and_end(people: People, owner: httpx.AsyncClient) -> str:
    """Make an organisation, rename and delete it; returns its id."""
    slug = await people.create_organisation(owner)
    organisation_id = (await owner.get(f"/organisations/{slug}")).json()["id"]
    for answer in (
        await owner.patch(f"/organisations/{slug}", json={"name": "New Labs"}),
        await owner.delete(f"/organisations/{slug}"),
    ):
        assert answer.is_success, answer.text
    return str(organisation_id)


async def go_idle(people: People, plugin_id: str, database: SessionDatabase) -> str:
    """Be a visitor who was not seen for longer than one is kept; returns its id."""
    visitor = people.visitor()
    assert (await people.install(visitor, plugin_id)).is_success
    anonymous_id = (await visitor.get("/auth/me")).json()["anonymous_id"]
    with psycopg.connect(database.admin_url) as connection:
        connection.execute(
            "UPDATE auth.anonymous_identities SET last_seen_at = now() - interval '91 days' WHERE id = %s",
            (anonymous_id,),
        )
    return str(anonymous_id)


async def is_suspended(people: People, plugin_id: str) -> bool:
    return (await people.visitor().get(f"/plugins/{plugin_id}")).status_code == httpx.codes.FORBIDDEN


async def test_every_event_on_the_wire_keeps_its_contract(
    people: People, kafka_bootstrap_servers: str, topic_prefix: str, database_for: SessionDatabase
) -> None:
    plugin_id, ids = await live(people, database_for)
    found: dict[str, list[Event]] = defaultdict(list)

    def is_mine(key: str) -> bool:
        return key in ids or key.rpartition(":")[2] == plugin_id

    async def everything_was_said() -> bool:
        found.clear()
        for topic in TOPICS:
            name = topic_prefix + topic.name
            for event in await asyncio.to_thread(read_events, kafka_bootstrap_servers, name, is_mine):
                assert EVENTS[event.type].topic == topic.name
                assert event.source == f"/{topic.producer}"
                found[event.type].append(event)
        return set(found) == set(EVENTS)

    await eventually(everything_was_said, 60, saying="every type of event is there")
    for event_type, events in found.items():
        schema = event_schema(EVENTS[event_type], "producer")
        validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
        for event in events:
            faults = [
                f"{list(fault.absolute_path)}: {fault.message}"
                for fault in validator.iter_errors(None if event.data is None else event.json())
            ]
            assert faults == [], event_type
