import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
    TopicMetadata,
)

from contracts.topics import PLUGIN_DOCUMENTS, TOPICS
from platform_local.topics import create_topics, delete_topics, main, topic_names
from testkit.waiting import eventually


@pytest.fixture
async def prefix(kafka_bootstrap_servers: str) -> AsyncIterator[str]:
    name = f"p{uuid4().hex[:10]}."
    yield name
    await delete_topics(kafka_bootstrap_servers, name)


def settings_of(client: AdminClient, topic: str) -> dict[str, str]:
    (answer,) = client.describe_configs([ConfigResource(ResourceType.TOPIC, topic)]).values()
    return {name: entry.value for name, entry in answer.result(30).items()}


def alter(client: AdminClient, topic: str, settings: dict[str, str]) -> None:
    entries = [
        ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in settings.items()
    ]
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
    (answer,) = client.incremental_alter_configs([resource]).values()
    answer.result(30)


async def create_all(bootstrap_servers: str, prefix: str) -> dict[str, TopicMetadata]:
    """Create the topics and wait until the broker, which learns of them a little later, knows all."""
    assert await create_topics(bootstrap_servers, prefix) == len(topic_names())
    client = AdminClient({"bootstrap.servers": bootstrap_servers})

    def known() -> dict[str, TopicMetadata] | None:
        topics: dict[str, TopicMetadata] = client.list_topics(timeout=30).topics
        return topics if set(topic_names(prefix)) <= topics.keys() else None

    return await eventually(known)


async def test_topics_are_created_with_the_settings_of_their_contract(
    kafka_bootstrap_servers: str, prefix: str
) -> None:
    known = await create_all(kafka_bootstrap_servers, prefix)
    client = AdminClient({"bootstrap.servers": kafka_bootstrap_servers})
    for topic in TOPICS:
        for specification in topic.specifications:
            name = prefix + specification.name
            assert len(known[name].partitions) == specification.partitions
            assert specification.settings.items() <= settings_of(client, name).items()


async def test_an_upgrade_brings_settings_up_to_date_and_leaves_those_of_the_operator(
    kafka_bootstrap_servers: str, prefix: str
) -> None:
    await create_all(kafka_bootstrap_servers, prefix)
    client = AdminClient({"bootstrap.servers": kafka_bootstrap_servers})
    name = prefix + PLUGIN_DOCUMENTS.name
    stale = {"delete.retention.ms": "86400000", "cleanup.policy": "delete", "segment.bytes": "1048576"}
    alter(client, name, stale)
    await eventually(lambda: stale.items() <= settings_of(client, name).items())

    assert await create_topics(kafka_bootstrap_servers, prefix) == 0

    expected = {**PLUGIN_DOCUMENTS.settings, "segment.bytes": "1048576"}
    await eventually(lambda: expected.items() <= settings_of(client, name).items())


async def test_the_command_says_what_it_did(
    kafka_bootstrap_servers: str, prefix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--bootstrap-servers", kafka_bootstrap_servers, "--prefix", prefix, "--replication-factor", "1"]
    assert await asyncio.to_thread(main, arguments) == 0
    assert f"{len(topic_names())} topics, {len(topic_names())} new" in capsys.readouterr().out


def test_a_broker_that_cannot_keep_the_copies_is_named(
    kafka_bootstrap_servers: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--bootstrap-servers", kafka_bootstrap_servers, "--prefix", f"p{uuid4().hex}."]
    assert main([*arguments, "--replication-factor", "3"]) == 1
    assert "Kafka refused to create the topic" in capsys.readouterr().err
