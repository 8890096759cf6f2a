"""Creates the Kafka topics of `contracts.topics.TOPICS` and keeps their settings; none is ever made by accident.

``python -m platform_local.topics --bootstrap-servers HOST:PORT`` does it on any cluster, again after every upgrade.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Mapping
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from contracts.topics import TOPICS, TopicSpecification
from platform_local.errors import LocalPlatformError, StepFailedError
from platform_local.messages import print_error

_TIMEOUT_SECONDS = 30.0


def topic_names(prefix: str = "") -> list[str]:
    """Return the names of all topics and their dead-letter topics, behind a prefix."""
    return [prefix + each.name for each in _specifications()]


async def create_topics(bootstrap_servers: str, prefix: str = "", *, replication_factor: int = 1) -> int:
    """Create the topics that are missing and bring the settings of the others up to date. Idempotent, safe to retry.

    Settings that the contracts do not name stay as an operator set them. Partitions are never added: keys would move.

    Parameters
    ----------
    bootstrap_servers
        ``host:port`` of the broker.
    prefix
        Stands before every name, so that test sessions can share a broker.
    replication_factor
        Copies of each new topic; all but one of them have to be in step for a write.

    Returns
    -------
    int
        How many were new.

    Raises
    ------
    StepFailedError
        Where the broker cannot be reached, or refuses one.
    """
    return await asyncio.to_thread(_create_topics, bootstrap_servers, prefix, replication_factor)


async def delete_topics(bootstrap_servers: str, prefix: str) -> None:
    """Delete every topic behind a prefix: a test session's own."""
    if not prefix:
        raise ValueError("Without a prefix this would delete the platform's topics.")
    await asyncio.to_thread(_delete_topics, bootstrap_servers, prefix)


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m platform_local.topics")
    parser.add_argument("--bootstrap-servers", required=True)
    parser.add_argument("--prefix", default="")
    parser.add_argument("--replication-factor", type=int, default=3)
    options = parser.parse_args(arguments)
    try:
        new = _create_topics(options.bootstrap_servers, options.prefix, options.replication_factor)
    except LocalPlatformError as error:
        print_error(error)
        return 1
    print(f"{len(topic_names())} topics, {new} new; settings are those of the contracts")
    return 0


def _create_topics(bootstrap_servers: str, prefix: str, replication_factor: int) -> int:
    client = AdminClient({"bootstrap.servers": bootstrap_servers})
    existing = _existing(client)
    in_step = {"min.insync.replicas": str(max(1, replication_factor - 1))}
    wanted = {prefix + each.name: each for each in _specifications()}
    missing = [
        NewTopic(
            name,
            num_partitions=each.partitions,
            replication_factor=replication_factor,
            config={**in_step, **each.settings},
        )
        for name, each in wanted.items()
        if name not in existing
    ]
    new = _create_missing(client, missing) if missing else set()
    present = {name: each.settings for name, each in wanted.items() if name not in new}
    if present:
        _keep_settings(client, present)
    return len(new)


def _create_missing(client: AdminClient, topics: list[NewTopic]) -> set[str]:
    """Create topics and return the names of those that nobody had created meanwhile."""
    new = set()
    for name, answer in client.create_topics(topics, operation_timeout=_TIMEOUT_SECONDS).items():
        try:
            answer.result(_TIMEOUT_SECONDS)
        except KafkaException as error:
            # The broker's list of topics is a little behind, and another may be doing the same.
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise _refusal("create", name, error) from error
        else:
            new.add(name)
    return new


def _keep_settings(client: AdminClient, wanted: Mapping[str, Mapping[str, str]]) -> None:
    """Alter what differs, and only that."""
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in wanted]
    changes = []
    for resource, answer in client.describe_configs(resources, request_timeout=_TIMEOUT_SECONDS).items():
        now = _result_of("read", resource.name, answer)
        differing = [
            ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
            for name, value in wanted[resource.name].items()
            if name not in now or now[name].value != value
        ]
        if differing:
            changes.append(ConfigResource(ResourceType.TOPIC, resource.name, incremental_configs=differing))
    if changes:
        for resource, answer in client.incremental_alter_configs(changes, request_timeout=_TIMEOUT_SECONDS).items():
            _result_of("set up", resource.name, answer)


def _delete_topics(bootstrap_servers: str, prefix: str) -> None:
    client = AdminClient({"bootstrap.servers": bootstrap_servers})
    mine = [name for name in _existing(client) if name.startswith(prefix)]
    if mine:
        for name, answer in client.delete_topics(mine, operation_timeout=_TIMEOUT_SECONDS).items():
            _result_of("delete", name, answer)


def _existing(client: AdminClient) -> set[str]:
    try:
        return set(client.list_topics(timeout=_TIMEOUT_SECONDS).topics)
    except KafkaException as error:
        raise StepFailedError(f"Kafka could not be asked: {error}.", remedy="See `make logs S=kafka`.") from error


def _result_of(what: str, name: str, answer: Any) -> Any:  # noqa: ANN401 - a future of the client's
    try:
        return answer.result(_TIMEOUT_SECONDS)
    except KafkaException as error:
        raise _refusal(what, name, error) from error


def _refusal(what: str, name: str, error: KafkaException) -> StepFailedError:
    return StepFailedError(f"Kafka refused to {what} the topic {name}: {error}.", remedy="See `make logs S=kafka`.")


def _specifications() -> list[TopicSpecification]:
    return [each for topic in TOPICS for each in topic.specifications]


if __name__ == "__main__":
    sys.exit(main())
