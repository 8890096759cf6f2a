"""The relay: how fast it moves a backlog, and what a million events leave behind."""

from __future__ import annotations

import time
from contextlib import nullcontext
from itertools import pairwise

from bench.kafka_perf import producer_rate
from bench.outbox import Outbox, relayed, running_relay, wait_until_relayed
from bench.report import Report
from chassis.kafka import Kafka

RECORD_BYTES = 600
TARGET_RATIO = 0.3
ROUNDS = 3
WARM_EVENTS = 5_000
BACKLOG_AT_MOST = 50_000
CHUNK = 10_000
PATIENCE_SECONDS = 600.0


def compare_with_perf_producer(report: Report, outbox: Outbox, kafka: Kafka, topic: str, *, scale: float) -> None:
    """Compare the rates of the relay and of Kafka's own tool, alternately, since the machine's own changes."""
    events = max(4 * WARM_EVENTS, int(200_000 * scale))
    relay_rates, producer_rates = [], []
    for number in range(1, ROUNDS + 1):
        report.say(f"round {number} of {ROUNDS}: kafka-producer-perf-test, then the relay with {events:,} events")
        producer_rates.append(
            producer_rate(kafka.bootstrap_servers, kafka.named(topic), records=2 * events, record_bytes=RECORD_BYTES)
        )
        outbox.fill(topic, rows=events, payload_bytes=RECORD_BYTES)
        before = relayed()
        with running_relay(outbox, kafka):
            began_at = wait_until_relayed(before + WARM_EVENTS, timeout_seconds=PATIENCE_SECONDS)
            warm = relayed()
            ended_at = wait_until_relayed(before + events, timeout_seconds=PATIENCE_SECONDS)
        relay_rates.append((before + events - warm) / (ended_at - began_at))
        outbox.vacuum()
    report.add("kafka-producer-perf-test, acks=all, records/s", sum(producer_rates) / ROUNDS)
    report.add("relay, acks=all, transactions, events/s", sum(relay_rates) / ROUNDS)
    ratios = [relay / producer for relay, producer in zip(relay_rates, producer_rates, strict=True)]
    report.add("ratios of the rounds", ", ".join(f"{ratio:.2f}" for ratio in ratios))
    ratio = sum(relay_rates) / sum(producer_rates)
    report.add("relay to kafka-producer-perf-test, ratio", ratio, at_least=TARGET_RATIO)


def million_events(
    report: Report, outbox: Outbox, kafka: Kafka, topic: str, *, scale: float, old_transaction: bool
) -> None:
    """Let writers stay a little ahead of the relay, and watch the table."""
    events = int(1_000_000 * scale)
    what = f"{events:,} events" + (", an old transaction open" if old_transaction else "")
    report.say(what)
    before, written, sizes, marks = relayed(), 0, [], [(time.monotonic(), relayed())]
    with running_relay(outbox, kafka), outbox.old_transaction() if old_transaction else nullcontext():
        while (moved := relayed() - before) < events:
            if written < events and written - moved < BACKLOG_AT_MOST:
                outbox.fill(topic, rows=min(CHUNK, events - written), payload_bytes=RECORD_BYTES)
                written += min(CHUNK, events - written)
            else:
                time.sleep(0.02)
            sizes.append(outbox.mebibytes())
            if relayed() - marks[-1][1] >= events // 10:
                marks.append((time.monotonic(), relayed()))
                report.say(f"{what}: {marks[-1][1] - before:,} moved, table {sizes[-1]:.0f} MiB")
        after = outbox.mebibytes()
    rates = [(n2 - n1) / (t2 - t1) for (t1, n1), (t2, n2) in pairwise(marks)]
    outbox.vacuum()
    report.add(f"{what}: largest table, MiB", max(sizes))
    report.add(f"{what}: table at the end, MiB", after)
    report.add(f"{what}: table after the next vacuum, MiB", outbox.mebibytes())
    if len(rates) > 1:
        report.add(f"{what}: rate of the last tenth to the first", rates[-1] / rates[0])
