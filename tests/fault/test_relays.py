"""Relays are killed, compete and are stopped past their lock, while twelve writers commit in shuffled order."""

import asyncio
import random
import signal
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from sqlalchemy import BigInteger, Column, MetaData, Table, Text, create_engine, text

from chassis.db import Database
from chassis.kafka import Kafka
from chassis.outbox import outbox_table
from testkit.databases import SessionDatabase
from testkit.faults.event_stream import WRITERS, Written, create_topics, read, write
from testkit.faults.figures import Figures
from testkit.faults.relay_process import RelayProcess
from testkit.waiting import eventually

from .conftest import Size

TAKEOVER_SECONDS = 5.0
PATIENCE_SECONDS = 60.0


@dataclass
class Relays:
    """A schema with an outbox, and the relays that share it."""

    database: Database
    url: str
    schema: str
    kafka: Kafka
    folder: Path
    running: list[RelayProcess] = field(default_factory=list)

    def start(self) -> RelayProcess:
        log = self.folder / f"relay-{uuid.uuid4().hex[:8]}.log"
        self.running.append(RelayProcess(database_url=self.url, schema=self.schema, kafka=self.kafka, log=log))
        return self.running[-1]

    async def active(self) -> RelayProcess:
        def found() -> RelayProcess | None:
            return next((relay for relay in self.running if relay.is_active()), None)

        return await eventually(found, PATIENCE_SECONDS, saying="a relay is active")

    async def value(self, statement: str, **values: object) -> int:
        async with self.database.read() as connection:
            return int((await connection.execute(text(statement), values)).scalar_one() or 0)

    async def takeover(self, since: float, *, of: RelayProcess) -> float:
        """Seconds until another relay has its turn and has moved what waits now."""

        def has_turn() -> bool:
            return any(relay.is_active() for relay in self.running if relay is not of)

        first = await self.value("SELECT coalesce(min(position), 0) FROM outbox")

        async def moved() -> bool:
            return await self.value("SELECT count(*) FROM outbox WHERE position <= :first", first=first) == 0

        await eventually(has_turn, PATIENCE_SECONDS, saying="another relay has its turn")
        await eventually(moved, PATIENCE_SECONDS, saying="another relay took over")
        return time.monotonic() - since

    async def drained(self) -> float:
        began_at = time.monotonic()

        async def empty() -> bool:
            return await self.value("SELECT count(*) FROM outbox") == 0

        await eventually(empty, PATIENCE_SECONDS, saying="the outbox is empty")
        return time.monotonic() - began_at


@pytest.fixture
def relay_schema(database_for: SessionDatabase) -> Iterator[tuple[str, str]]:
    schema = f"relays_{uuid.uuid4().hex[:8]}"
    options = quote(f"-csearch_path={schema}")
    url = database_for.admin_url.replace("postgresql://", "postgresql+psycopg://") + f"?options={options}"
    metadata = MetaData()
    outbox_table(metadata)
    Table("aggregates", metadata, Column("id", Text, primary_key=True), Column("sequence", BigInteger, nullable=False))
    with psycopg.connect(database_for.admin_url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        engine = create_engine(url)
        metadata.create_all(engine)
        engine.dispose()
        yield schema, url
        connection.execute(f"DROP SCHEMA {schema} CASCADE")


@pytest.fixture
async def relays(
    relay_schema: tuple[str, str], kafka_bootstrap_servers: str, topic_prefix: str, tmp_path: Path
) -> AsyncIterator[Relays]:
    schema, url = relay_schema
    kafka = Kafka(bootstrap_servers=kafka_bootstrap_servers, prefix=f"{topic_prefix}{schema}.")
    await asyncio.to_thread(create_topics, kafka)
    relays = Relays(Database(url=url, pool_size=WRITERS + 2), url, schema, kafka, tmp_path)
    try:
        yield relays
    finally:
        for relay in relays.running:
            relay.stop()
        await relays.database.close()


async def nothing_is_lost(relays: Relays, written: Written, figures: Figures, fault: str) -> None:
    drain_seconds = await relays.drained()
    seen = await asyncio.to_thread(read, relays.kafka)
    figures.add(fault, f"events lost, of {written.events}", seen.lost(written), "0")
    figures.add(fault, "keys whose first occurrences are out of order", seen.out_of_order(written), "0")
    figures.add(fault, "keys whose last document is stale", seen.stale(written), "0")
    figures.add(fault, "duplicates on the wire", seen.duplicates, "allowed")
    figures.add(fault, "seconds to drain", drain_seconds)
    assert (seen.lost(written), seen.out_of_order(written), seen.stale(written)) == (0, 0, 0)


async def test_twelve_writers_that_commit_in_shuffled_order(relays: Relays, size: Size, figures: Figures) -> None:
    relays.start()
    written = await write(relays.database, events=20_000 if size.full else 1_500)
    await nothing_is_lost(relays, written, figures, "writers in shuffled order")


async def test_two_relays_that_compete(relays: Relays, size: Size, figures: Figures) -> None:
    relays.start()
    relays.start()
    written = await write(relays.database, events=20_000 if size.full else 1_500)
    assert [relay.is_active() for relay in relays.running].count(True) == 1
    await nothing_is_lost(relays, written, figures, "two relays compete")


async def test_a_relay_that_is_killed_again_and_again(relays: Relays, size: Size, figures: Figures) -> None:
    kills = 25 if size.full else 3
    relays.start()
    relays.start()
    events = 20_000 if size.full else 1_500
    writing = asyncio.create_task(write(relays.database, events=events, over_seconds=2.0 * kills))
    takeovers = []
    for _ in range(kills):
        victim = await relays.active()
        await asyncio.sleep(random.uniform(0, 0.3))  # so that it dies at any step of its work
        victim.kill()
        killed_at = time.monotonic()
        relays.running.remove(victim)
        relays.start()
        takeovers.append(await relays.takeover(killed_at, of=victim))
    fault = f"the active relay killed {kills} times"
    await nothing_is_lost(relays, await writing, figures, fault)
    figures.add(fault, "slowest takeover, s", max(takeovers), f"< {TAKEOVER_SECONDS}")
    assert max(takeovers) < TAKEOVER_SECONDS


async def test_a_relay_that_is_stopped_past_its_lock_and_goes_on(relays: Relays, size: Size, figures: Figures) -> None:
    stops = 5 if size.full else 1
    relays.start()
    relays.start()
    events = 20_000 if size.full else 1_500
    writing = asyncio.create_task(write(relays.database, events=events, over_seconds=5.0 * stops))
    takeovers, fenced = [], 0
    for _ in range(stops):
        sleeper = await relays.active()
        sleeper.signal(signal.SIGSTOP)
        stopped_at = time.monotonic()
        takeovers.append(await relays.takeover(stopped_at, of=sleeper))
        before = len(sleeper.events())
        sleeper.signal(signal.SIGCONT)

        def lost_its_turn(sleeper: RelayProcess = sleeper, before: int = before) -> bool:
            return bool({"relay_fenced", "relay_interrupted"} & set(sleeper.events()[before:]))

        await eventually(lost_its_turn, PATIENCE_SECONDS, saying="the sleeper noticed")
        fenced += "relay_fenced" in sleeper.events()[before:]
    fault = f"the active relay stopped {stops} times"
    await nothing_is_lost(relays, await writing, figures, fault)
    assert [relay.is_active() for relay in relays.running].count(True) == 1
    figures.add(fault, "slowest takeover, s", max(takeovers), f"< {TAKEOVER_SECONDS}")
    figures.add(fault, "of them fenced in the middle of a batch", fenced)
    assert max(takeovers) < TAKEOVER_SECONDS
