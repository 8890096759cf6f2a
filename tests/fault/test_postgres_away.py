"""PostgreSQL is killed, or stands still, under load: writers are told when to come back, and nothing said is lost."""

import asyncio

import aiohttp

from testkit.faults.account_traffic import AccountTraffic, lost_account_writes
from testkit.faults.figures import Figures
from testkit.faults.install_traffic import InstallTraffic
from testkit.faults.ledger import Ledger
from testkit.faults.load import Load
from testkit.faults.read_traffic import ReadTraffic
from testkit.faults.stack import FaultStack
from testkit.faults.truth import Truth
from testkit.people import People
from testkit.waiting import eventually

from .conftest import Size
from .settling import (
    cookie_of,
    counts_are_exact,
    nothing_acknowledged_is_lost,
    outboxes_are_empty,
    quiet_since,
    search_agrees,
)

BACK_SECONDS = 10.0
BOUND_SECONDS = 25.0
"""The gateway waits 15 s for a service, and its answer may wait for this machine."""


async def test_writes_are_refused_honestly_without_postgres_and_nothing_acknowledged_is_lost(
    stack: FaultStack,
    truth: Truth,
    people: People,
    published: list[str],
    client: aiohttp.ClientSession,
    ledger: Ledger,
    size: Size,
    figures: Figures,
) -> None:
    developer = await people.developer()
    traffic = InstallTraffic(client, published, ledger)
    accounts = AccountTraffic(client, cookie=cookie_of(developer), plugin_ids=published, ledger=ledger)
    installs = Load(traffic, per_second=size.writes_per_second / 2)
    writes = Load(accounts, per_second=5)
    reads = Load(ReadTraffic(client, published), per_second=10)
    tallies = [installs.tally, writes.tally, reads.tally]
    back_seconds: list[float] = []
    async with installs, writes, reads:
        for outage_seconds in (size.outage_seconds / 2, *[0.0, 5.0] * (size.kill_rounds - 1)):
            accepted = installs.tally.accepted
            await eventually(lambda: installs.tally.accepted > accepted + 20, saying="the load flows")  # noqa: B023
            await stack.kill_server("postgres")
            await asyncio.sleep(outage_seconds)  # the length of the outage is what is tested
            await stack.bring_back_server("postgres")
            back_seconds.append(await quiet_since(asyncio.get_running_loop().time(), tallies))
    await stack.until_ready()
    await outboxes_are_empty(truth)
    acknowledged = await nothing_acknowledged_is_lost(truth, ledger, traffic)
    assert await lost_account_writes(ledger, truth) == []
    await counts_are_exact(truth, client, published)
    await search_agrees(truth)

    fault = f"PostgreSQL killed {len(back_seconds)} times"
    figures.add(fault, "requests", sum(tally.total for tally in tallies))
    figures.add(fault, "refused with Retry-After", sum(tally.refusals.total() for tally in tallies))
    figures.add(fault, "other refusals", sum(len(tally.wrong) for tally in tallies), "0")
    figures.add(fault, "last refusal after its return, s", max(back_seconds), f"<= {BACK_SECONDS:.0f}")
    figures.add(fault, "longest answer, s", max(tally.longest_seconds for tally in tallies))
    figures.add(fault, "acknowledged writes lost", f"0 of {acknowledged}", "0")
    assert [tally.wrong for tally in tallies] == [[], [], []]
    assert max(back_seconds) <= BACK_SECONDS


async def test_requests_end_in_bounded_time_while_postgres_stands_still(
    stack: FaultStack,
    truth: Truth,
    published: list[str],
    client: aiohttp.ClientSession,
    ledger: Ledger,
    size: Size,
    figures: Figures,
) -> None:
    traffic = InstallTraffic(client, published, ledger)
    installs = Load(traffic, per_second=size.writes_per_second / 2)
    reads = Load(ReadTraffic(client, published), per_second=10)
    pause_seconds = size.outage_seconds
    async with installs, reads:
        stack.pause_server("postgres")
        try:
            await asyncio.sleep(pause_seconds)  # the length of the outage is what is tested
        finally:
            stack.resume_server("postgres")
        back_seconds = await quiet_since(asyncio.get_running_loop().time(), [installs.tally, reads.tally])
    await outboxes_are_empty(truth)
    acknowledged = await nothing_acknowledged_is_lost(truth, ledger, traffic)
    await counts_are_exact(truth, client, published)

    fault = f"PostgreSQL stopped for {pause_seconds:.0f} s"
    longest_seconds = max(installs.tally.longest_seconds, reads.tally.longest_seconds)
    figures.add(fault, "writes accepted", f"{installs.tally.accepted} of {installs.tally.total}")
    figures.add(fault, "longest answer, s", longest_seconds, f"<= {BOUND_SECONDS:.0f}")
    figures.add(fault, "last refusal after it goes on, s", back_seconds)
    figures.add(fault, "acknowledged writes lost", f"0 of {acknowledged}", "0")
    assert installs.tally.wrong == []
    assert reads.tally.wrong == []
    assert longest_seconds <= BOUND_SECONDS
