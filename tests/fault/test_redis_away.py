"""Redis is killed under load: strangers notice nothing, members are told when to come back."""

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

from .conftest import Size
from .settling import cookie_of, nothing_acknowledged_is_lost, quiet_since


async def test_public_reads_go_on_without_redis_and_members_are_asked_to_come_back(
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
    reads = Load(ReadTraffic(client, published), per_second=size.writes_per_second / 2)
    accounts = AccountTraffic(client, cookie=cookie_of(developer), plugin_ids=published, ledger=ledger)
    traffic = InstallTraffic(client, published, ledger)  # a visitor's first write begins a session
    async with reads, Load(accounts, per_second=5) as writes, Load(traffic, per_second=5) as installs:
        await stack.kill_server("redis")
        await asyncio.sleep(size.outage_seconds / 2)  # the length of the outage is what is tested
        assert not (await developer.get("/auth/me")).is_success
        await stack.bring_back_server("redis")
        recovery_seconds = await quiet_since(
            asyncio.get_running_loop().time(), [reads.tally, writes.tally, installs.tally]
        )
    assert (await developer.get("/auth/me")).status_code == 200

    fault = f"Redis killed for {size.outage_seconds / 2:.0f} s"
    figures.add(fault, "public reads answered", f"{reads.tally.accepted} of {reads.tally.total}", "all")
    figures.add(fault, "members' requests answered", f"{writes.tally.accepted} of {writes.tally.total}")
    figures.add(fault, "members' requests refused with Retry-After", writes.tally.refusals.total())
    figures.add(fault, "visitors' writes accepted", f"{installs.tally.accepted} of {installs.tally.total}")
    figures.add(fault, "longest public read, s", reads.tally.longest_seconds)
    figures.add(fault, "last refusal after its return, s", recovery_seconds)
    assert reads.tally.wrong == []
    assert reads.tally.refusals == {}
    assert writes.tally.wrong == []
    assert installs.tally.wrong == []
    await nothing_acknowledged_is_lost(truth, ledger, traffic)
    assert await lost_account_writes(ledger, truth) == []
    # The session is opened before the commit, so a registration that was refused has left nothing behind.
    kept = await truth.rows("SELECT email FROM auth.users WHERE email = ANY(%s)", accounts.refused_emails)
    assert kept == []
