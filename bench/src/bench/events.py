"""Events: from the outbox to Kafka, from Kafka to the effect, and the whole way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from confluent_kafka.admin import AdminClient, NewTopic

from bench.consumer import compare_consumers
from bench.latency import measure_latency
from bench.outbox import Outbox
from bench.relay import compare_with_perf_producer, million_events
from bench.report import Report
from chassis.kafka import Kafka
from contracts.topics import DEAD_LETTER_SUFFIX
from testkit.servers import Kafka as Broker
from testkit.servers import Postgres, ServerAddress

SERVERS = ("postgres", "kafka")
RELAYED = "bench-relayed.v1"
READ = "bench-read.v1"
TIMED = "bench-timed.v1"
PARTITIONS = 6


def run(servers: Mapping[str, ServerAddress], report: Report, *, scale: float) -> None:
    """Measure all of it."""
    kafka = Kafka(bootstrap_servers=cast("Broker", servers["kafka"]).bootstrap_servers)
    admin_url = cast("Postgres", servers["postgres"]).admin_url
    _create_topics(kafka)
    outbox = Outbox(admin_url)
    try:
        measure_latency(
            report,
            kafka,
            TIMED,
            outbox_url=outbox.url,
            relay_url=outbox.sqlalchemy_url,
            admin_url=admin_url,
            scale=scale,
        )
        compare_consumers(report, kafka, READ, admin_url, scale=scale)
        compare_with_perf_producer(report, outbox, kafka, RELAYED, scale=scale)
        for old_transaction in (False, True):
            million_events(report, outbox, kafka, RELAYED, scale=scale, old_transaction=old_transaction)
    finally:
        outbox.close()


def _create_topics(kafka: Kafka) -> None:
    # The volume of a whole run would fill a small disk; nobody reads what was relayed.
    small = {"retention.bytes": str(64 * 1024**2)}
    topics = [NewTopic(RELAYED, PARTITIONS, 1, config=small)]
    for name in (READ, TIMED):
        topics += [NewTopic(name, PARTITIONS, 1), NewTopic(name + DEAD_LETTER_SUFFIX, 1, 1)]
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap_servers})
    for made in admin.create_topics(topics).values():
        made.result()
