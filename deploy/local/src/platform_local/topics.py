"""Creates the Kafka topics of `contracts.topics.TOPICS`; none is ever made by accident."""

from __future__ import annotations

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from contracts.topics import DEAD_LETTER_RETENTION_MS, TOPICS
from platform_local.errors import StepFailedError


def topic_names(prefix: str = "") -> list[str]:
    """Return the names of all topics and their dead-letter topics, behind a prefix."""
    return [prefix + name for topic in TOPICS for name in (topic.name, topic.dead_letters)]


async def create_topics(bootstrap_servers: str, prefix: str = "") -> int:
    """Create the topics that are missing. Idempotent, safe to retry.

    Parameters
    ----------
    bootstrap_servers
        ``host:port`` of the broker.
    prefix
        Stands before every name, so that test sessions can share a broker.

    Returns
    -------
    int
        How many were new.

    Raises
    ------
    StepFailedError
        Where the broker refuses one.
    aiokafka.errors.KafkaError
        Where the broker cannot be reached.
    """
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, request_timeout_ms=30_000)
    await client.start()
    try:
        existing = set(await client.list_topics())
        wanted = [topic for topic in _new_topics(prefix) if topic.name not in existing]
        if wanted:
            _check(await client.create_topics(wanted, timeout_ms=30_000))
    finally:
        await client.close()
    return len(wanted)


async def delete_topics(bootstrap_servers: str, prefix: str) -> None:
    """Delete every topic behind a prefix: a test session's own."""
    if not prefix:
        raise ValueError("Without a prefix this would delete the platform's topics.")
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await client.start()
    try:
        mine = [name for name in await client.list_topics() if name.startswith(prefix)]
        if mine:
            await client.delete_topics(mine)
    finally:
        await client.close()


def _new_topics(prefix: str) -> list[NewTopic]:
    topics = []
    for topic in TOPICS:
        settings = {
            "cleanup.policy": topic.cleanup,
            "retention.ms": str(topic.retention_ms),
            "min.insync.replicas": "1",
        }
        if topic.cleanup == "compact":
            settings["delete.retention.ms"] = str(24 * 60 * 60 * 1000)
        topics.append(_new_topic(prefix + topic.name, topic.partitions, settings))
        dead_letters = {"cleanup.policy": "delete", "retention.ms": str(DEAD_LETTER_RETENTION_MS)}
        topics.append(_new_topic(prefix + topic.dead_letters, 1, dead_letters))
    return topics


def _new_topic(name: str, partitions: int, settings: dict[str, str]) -> NewTopic:
    return NewTopic(name, num_partitions=partitions, replication_factor=1, topic_configs=settings)


def _check(response: object) -> None:
    for name, code, *_ in getattr(response, "topic_errors", ()):
        error: type[KafkaError] = for_code(code)
        if code != 0 and error is not TopicAlreadyExistsError:
            raise StepFailedError(
                f"Kafka refused to create the topic {name}: {error.__name__}.", remedy="See `make logs S=kafka`."
            )
