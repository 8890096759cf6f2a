"""Events: from the outbox to Kafka, and from Kafka to the effect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from confluent_kafka.admin import AdminClient, NewTopic

from bench.outbox import Outbox
from bench.relay import compare_with_perf_producer, million_events
from bench.report import Report
from chassis.kafka import Kafka
from testkit.servers import Kafka as Broker
from testkit.servers import Postgres, ServerAddress

SERVERS = ("postgres", "kafka")
TOPIC = "bench.v1"
PARTITIONS = 6


def run(servers: Mapping[str, ServerAddress], report: Report, *, scale: float) -> None:
    """Measure all of it."""
    kafka = Kafka(bootstrap_servers=cast("Broker", servers["kafka"]).bootstrap_servers)
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap_servers})
    # The volume of a whole run would fill a small disk; nobody reads it.
    topic = NewTopic(TOPIC, PARTITIONS, 1, config={"retention.bytes": str(64 * 1024**2)})
    admin.create_topics([topic])[TOPIC].result()
    outbox = Outbox(cast("Postgres", servers["postgres"]).admin_url)
    try:
        compare_with_perf_producer(report, outbox, kafka, TOPIC, scale=scale)
        for old_transaction in (False, True):
            million_events(report, outbox, kafka, TOPIC, scale=scale, old_transaction=old_transaction)
    finally:
        outbox.close()
