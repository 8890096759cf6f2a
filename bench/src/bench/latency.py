"""From the commit of a fact to its effect elsewhere: writer, relay and consumer as processes of their own."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg

from bench.consumer import running_consumer
from bench.effects import Effects
from bench.outbox import SCHEMA
from bench.report import Report
from chassis.kafka import Kafka
from chassis.process import Heartbeat
from chassis.relay import Relay
from contracts.envelope import Event

RATES = (10, 100, 1_000)
SECONDS = 10.0
PATIENCE_SECONDS = 60.0

_INSERT = (
    "INSERT INTO outbox (aggregatetype, aggregateid, type, payload, sequence)"
    " VALUES (%s, %s, 'bench.happened.v1', %s::jsonb, %s)"
)


def measure_latency(
    report: Report, kafka: Kafka, topic: str, *, outbox_url: str, relay_url: str, admin_url: str, scale: float
) -> None:
    """Measure p50 and p99 at several rates; the clock starts before the commit is asked for."""
    with _process(_relay, relay_url, kafka):
        for rate in RATES:
            events = max(20, int(rate * SECONDS * scale))
            report.say(f"{events:,} events at {rate:,} a second, from commit to effect")
            seconds = asyncio.run(_observe(kafka, topic, outbox_url, admin_url, rate=rate, events=events))
            report.add(f"commit → applied at {rate:,}/s: p50, ms", _percentile(seconds, 0.50) * 1000)
            report.add(f"commit → applied at {rate:,}/s: p99, ms", _percentile(seconds, 0.99) * 1000)


async def _observe(kafka: Kafka, topic: str, outbox_url: str, admin_url: str, *, rate: int, events: int) -> list[float]:
    effects = Effects(admin_url)
    seconds: list[float] = []
    done = asyncio.Event()

    def note(batch: Sequence[Event]) -> None:
        now = time.time()
        for event in batch:
            body = event.json()
            if body["rate"] == rate and body["number"] >= 0:
                seconds.append(now - body["written_at"])
        if len(seconds) >= events:
            done.set()

    effects.on_applied = note
    try:
        async with running_consumer(kafka, topic, effects.count):
            await _until_it_reads(effects, outbox_url, topic, rate)
            with _process(_write, outbox_url, topic, rate, events):
                async with asyncio.timeout(PATIENCE_SECONDS + events / rate):
                    await done.wait()
    finally:
        await effects.close()
    return seconds


async def _until_it_reads(effects: Effects, outbox_url: str, topic: str, rate: int) -> None:
    """Send events that do not count until one has arrived, so that joining the group is not measured."""
    before = effects.applied
    with psycopg.connect(outbox_url, autocommit=True) as connection:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while effects.applied == before:
                connection.execute(_INSERT, (topic, "first", _body(rate, -1), 1))
                await asyncio.sleep(0.1)


def _body(rate: int, number: int) -> str:
    return json.dumps({"rate": rate, "number": number, "written_at": time.time(), "filling": "x" * 500})


def _write(outbox_url: str, topic: str, rate: int, events: int) -> None:
    with psycopg.connect(outbox_url, autocommit=True) as connection:
        began_at = time.monotonic()
        for number in range(events):
            time.sleep(max(0.0, began_at + number / rate - time.monotonic()))
            connection.execute(_INSERT, (topic, f"key-{number % 100}", _body(rate, number), number))


def _relay(url: str, kafka: Kafka) -> None:
    asyncio.run(Relay(database_url=url, schema=SCHEMA, kafka=kafka, heartbeat=Heartbeat()).run())


@contextmanager
def _process(run: object, *arguments: object) -> Iterator[None]:
    process = multiprocessing.get_context("spawn").Process(target=run, args=arguments)  # type: ignore[arg-type] # any function
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join()


def _percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
