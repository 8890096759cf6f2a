"""The roles that are the same in every service."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path

from chassis.consumer import Consumer, Subscription
from chassis.db import Database
from chassis.health import Check
from chassis.kafka import Kafka
from chassis.migrations import Migrations
from chassis.process import Heartbeat, Task, run_tasks
from chassis.relay import Relay
from chassis.settings import DatabaseSettings, KafkaSettings, OutboxRelaySettings
from chassis.telemetry import configure_logging


def run_work(
    settings: KafkaSettings,
    *,
    subscriptions: Iterable[Subscription],
    jobs: Mapping[str, Task] | None = None,
    readiness: Mapping[str, Check],
    close: Callable[[], Awaitable[None]],
) -> None:
    """Consume, and do what happens by the clock, until a signal ends it.

    Parameters
    ----------
    settings
        Where Kafka is and where this process listens.
    subscriptions
        Each gets a consumer.
    jobs
        Further tasks by name.
    readiness
        As `chassis.health.health_routes`.
    close
        Called after all have ended.
    """
    configure_logging(settings.log_level)
    kafka = Kafka(bootstrap_servers=settings.kafka_bootstrap_servers, prefix=settings.topic_prefix)
    tasks = {}
    for subscription in subscriptions:
        heartbeat = Heartbeat()
        consumer = Consumer(kafka=kafka, subscription=subscription, heartbeat=heartbeat)
        tasks[subscription.group] = Task(consumer.run, heartbeat)
    run_tasks({**tasks, **(jobs or {})}, host=settings.host, port=settings.port, readiness=readiness, close=close)


def run_relay(
    settings: OutboxRelaySettings,
    *,
    schema: str,
    migrations_directory: Path,
    jobs: Callable[[Database], Mapping[str, Task]] = lambda _: {},
) -> None:
    """Move the schema's outbox to Kafka until a signal ends it; ready while the schema is at this code's revision.

    `jobs` makes further tasks on the schema by name: what has to follow the writers, whoever of them wrote.
    """
    configure_logging(settings.log_level)
    url = settings.database_url.get_secret_value()
    database = Database(url=url, pool_size=1)
    heartbeat = Heartbeat()
    kafka = Kafka(bootstrap_servers=settings.kafka_bootstrap_servers, prefix=settings.topic_prefix)
    migrations = Migrations(directory=migrations_directory, schema=schema, url=url)
    relay = Relay(database_url=url, schema=schema, kafka=kafka, heartbeat=heartbeat)
    run_tasks(
        {f"{schema}.relay": Task(relay.run, heartbeat), **jobs(database)},
        host=settings.host,
        port=settings.port,
        readiness={"database": migrations.readiness_check(database)},
        close=database.close,
    )


def run_migrate(settings: DatabaseSettings, *, schema: str, migrations_directory: Path) -> None:
    """Bring the schema to the newest revision; a repeat does nothing."""
    configure_logging(settings.log_level)
    url = settings.database_url.get_secret_value()
    Migrations(directory=migrations_directory, schema=schema, url=url).upgrade()
