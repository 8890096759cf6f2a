"""Kafka is killed under load: nobody notices, and afterwards every event arrives once."""

import asyncio
import time

import aiohttp

from testkit.faults.figures import Figures
from testkit.faults.install_traffic import InstallTraffic
from testkit.faults.ledger import Ledger
from testkit.faults.load import Load
from testkit.faults.stack import FaultStack
from testkit.faults.truth import Truth
from testkit.waiting import eventually

from .conftest import Size
from .settling import (
    counts_are_exact,
    nothing_acknowledged_is_lost,
    outboxes_are_empty,
    search_agrees,
)

ACCEPTED_PERCENT = 99.9
DRAIN_SECONDS = 30.0


async def test_writes_go_on_without_kafka_and_every_event_arrives_once(
    stack: FaultStack,
    truth: Truth,
    published: list[str],
    client: aiohttp.ClientSession,
    ledger: Ledger,
    size: Size,
    figures: Figures,
) -> None:
    traffic = InstallTraffic(client, published, ledger)
    async with Load(traffic, per_second=size.writes_per_second) as load:
        await eventually(lambda: load.tally.accepted > size.writes_per_second, saying="the load flows")
        killed_at = time.monotonic()
        await stack.kill_server("kafka")
        await asyncio.sleep(size.outage_seconds)  # the length of the outage is what is tested
        waiting = (await truth.waiting_events())["installs"]
        start_seconds = await stack.bring_back_server("kafka")
        outage_seconds = time.monotonic() - killed_at
        last = (await truth.rows("SELECT max(position) AS last FROM installs.outbox"))[0]["last"]
        returned_at = time.monotonic()

        async def drained() -> bool:
            assert (await truth.rows("SELECT count(*) AS n FROM installs.outbox WHERE position <= %s", last))[0][
                "n"
            ] == 0
            return True

        await eventually(drained, 3 * DRAIN_SECONDS, saying="what waited for Kafka has left")
        drain_seconds = time.monotonic() - returned_at
    await outboxes_are_empty(truth)
    acknowledged = await nothing_acknowledged_is_lost(truth, ledger, traffic)
    counts = await counts_are_exact(truth, client, published)
    await search_agrees(truth)

    fault = f"Kafka killed for {outage_seconds:.0f} s"
    figures.add(fault, "writes", load.tally.total)
    figures.add(fault, "writes a second", load.tally.per_second, f"{size.writes_per_second:.0f}")
    figures.add(fault, "accepted, %", load.tally.accepted_percent, f">= {ACCEPTED_PERCENT}")
    figures.add(fault, "refused with Retry-After", load.tally.refusals.total())
    figures.add(fault, "longest answer, s", load.tally.longest_seconds)
    figures.add(fault, "events waiting at the end of the outage", waiting)
    figures.add(fault, "Kafka's own start, s", start_seconds)
    figures.add(fault, "outbox drained after its return, s", drain_seconds, f"<= {DRAIN_SECONDS:.0f}")
    figures.add(fault, "acknowledged writes lost", f"0 of {acknowledged}", "0")
    figures.add(fault, "installs counted exactly", sum(counts.values()), "exact")
    assert load.tally.wrong == []
    assert load.tally.accepted_percent >= ACCEPTED_PERCENT
    assert drain_seconds <= DRAIN_SECONDS
