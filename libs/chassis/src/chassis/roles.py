"""The roles that are the same in every service that owns a schema."""

from pathlib import Path

from chassis.db import Database
from chassis.kafka import Kafka
from chassis.migrations import Migrations
from chassis.process import Heartbeat, run_tasks
from chassis.relay import Relay
from chassis.settings import DatabaseSettings, OutboxRelaySettings
from chassis.telemetry import configure_logging


def run_relay(settings: OutboxRelaySettings, *, schema: str, migrations_directory: Path) -> None:
    """Move the schema's outbox to Kafka until a signal ends it; ready while the schema is at this code's revision."""
    configure_logging(settings.log_level)
    url = settings.database_url.get_secret_value()
    database = Database(url=url, pool_size=1)
    heartbeat = Heartbeat()
    kafka = Kafka(bootstrap_servers=settings.kafka_bootstrap_servers, prefix=settings.topic_prefix)
    migrations = Migrations(directory=migrations_directory, schema=schema, url=url)
    run_tasks(
        {f"{schema}.relay": Relay(database_url=url, schema=schema, kafka=kafka, heartbeat=heartbeat).run},
        host=settings.host,
        port=settings.port,
        readiness={"database": migrations.readiness_check(database)},
        heartbeats=[heartbeat],
        close=database.close,
    )


def run_migrate(settings: DatabaseSettings, *, schema: str, migrations_directory: Path) -> None:
    """Bring the schema to the newest revision; a repeat does nothing."""
    configure_logging(settings.log_level)
    url = settings.database_url.get_secret_value()
    Migrations(directory=migrations_directory, schema=schema, url=url).upgrade()
