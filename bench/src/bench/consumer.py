"""Consumers: how fast they read, and how fast what they read has its effect."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import TypeVar
from uuid import uuid4

from bench.effects import Effects
from bench.kafka_perf import consumer_rate
from bench.report import Report
from chassis.application import Handler
from chassis.consumer import Consumer, Subscription
from chassis.kafka import Kafka
from chassis.kafka_client import plain_producer
from chassis.process import Heartbeat
from contracts.envelope import Event

RECORD_BYTES = 600
KEYS = 1_000
BATCH_EVENTS = 500
ROUNDS = 3
TARGET_RATIO = 0.3
PATIENCE_SECONDS = 300.0

T = TypeVar("T")


def compare_consumers(report: Report, kafka: Kafka, topic: str, admin_url: str, *, scale: float) -> None:
    """Compare reading with Kafka's own tool, and effects with the same upserts without events."""
    events = max(5_000, int(100_000 * scale))
    report.say(f"filling a topic with {events:,} events")
    fill(kafka, topic, events=events)
    seen: dict[str, list[float]] = {name: [] for name in ("perf", "read", "project", "states", "count", "add")}
    for number in range(1, ROUNDS + 1):
        report.say(f"round {number} of {ROUNDS}: kafka-consumer-perf-test, consumers, bare upserts")
        seen["perf"].append(consumer_rate(kafka.bootstrap_servers, kafka.named(topic), records=events))
        for name, rate in asyncio.run(_measure(kafka, topic, admin_url, events)).items():
            seen[name].append(rate)
    mean = {name: sum(rates) / ROUNDS for name, rates in seen.items()}
    report.add("kafka-consumer-perf-test, records/s", mean["perf"])
    report.add("consumer without an effect, events/s", mean["read"])
    report.add("consumer to kafka-consumer-perf-test, ratio", mean["read"] / mean["perf"])
    report.add(f"bare upsert of {BATCH_EVENTS} states a transaction, events/s", mean["states"])
    report.add("consumer with that projection, events/s", mean["project"])
    report.add("projection to bare upsert, ratio", mean["project"] / mean["states"], at_least=TARGET_RATIO)
    report.add(f"bare upsert of {BATCH_EVENTS} counts a transaction, events/s", mean["add"])
    report.add("consumer with that count and its inbox, events/s", mean["count"])
    report.add("count to bare upsert, ratio", mean["count"] / mean["add"])


def fill(kafka: Kafka, topic: str, *, events: int) -> None:
    """Write events with all their headers, as the relay does."""
    producer = plain_producer(kafka)
    body = json.dumps({"filling": uuid4().hex * (RECORD_BYTES // 32)}).encode()[:RECORD_BYTES]
    for number in range(events):
        event = Event(
            id=uuid4(),
            type="bench.happened.v1",
            source="/bench",
            key=f"key-{number % KEYS}",
            sequence=number // KEYS + 1,
            time=datetime.now(UTC),
            data=body,
            traceparent=f"00-{number + 1:032x}-{1:016x}-01",
        )
        producer.produce(kafka.named(topic), key=event.key, value=body, headers=[*event.headers()])
        producer.poll(0)
    producer.flush()


@asynccontextmanager
async def running_consumer(kafka: Kafka, topic: str, handler: Handler) -> AsyncIterator[None]:
    """Run a consumer of a group of its own beside the caller."""
    subscription = Subscription(group=uuid4().hex, topics=(topic,), handler=handler, max_records=BATCH_EVENTS)
    task = asyncio.create_task(Consumer(kafka=kafka, subscription=subscription, heartbeat=Heartbeat()).run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _measure(kafka: Kafka, topic: str, admin_url: str, events: int) -> dict[str, float]:
    """Return the rate of every way, in events a second."""

    async def nothing(batch: Sequence[Event]) -> None:
        effects.on_applied(batch)

    effects = Effects(admin_url)
    try:
        rates = {}
        for name, handler in (("read", nothing), ("project", effects.project), ("count", effects.count)):
            counting = _Counting(events)
            effects.on_applied = counting.note
            async with running_consumer(kafka, topic, handler):
                rates[name] = await counting.rate()
        body = "x" * RECORD_BYTES
        states = [(f"key-{number % KEYS}", events + number, body) for number in range(events)]
        rates["states"] = await _rate(effects.write_states, states)
        rates["add"] = await _rate(effects.add_only, [state[0] for state in states])
        return rates
    finally:
        await effects.close()


async def _rate(write: Callable[[Sequence[T]], Awaitable[None]], rows: Sequence[T]) -> float:
    began_at = time.monotonic()
    for first in range(0, len(rows), BATCH_EVENTS):
        await write(rows[first : first + BATCH_EVENTS])
    return len(rows) / (time.monotonic() - began_at)


class _Counting:
    """Counts to a number; the clock starts with the first batch, which joining the group came before."""

    def __init__(self, wanted: int) -> None:
        self._wanted = wanted
        self._seen = self._first = 0
        self._began_at = 0.0
        self._done = asyncio.Event()

    def note(self, batch: Sequence[Event]) -> None:
        count = len(batch)
        if not self._began_at:
            self._began_at, self._first = time.monotonic(), count
        self._seen += count
        if self._seen >= self._wanted:
            self._done.set()

    async def rate(self) -> float:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._done.wait()
        return (self._wanted - self._first) / (time.monotonic() - self._began_at)
