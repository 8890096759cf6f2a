"""What every test of faults begins and ends with."""

import asyncio
import time
from collections.abc import Sequence

import aiohttp
import httpx

from testkit.faults.install_traffic import InstallTraffic, lost_writes
from testkit.faults.ledger import Ledger
from testkit.faults.load import Tally, send
from testkit.faults.truth import Truth
from testkit.people import API
from testkit.waiting import eventually

SETTLE_SECONDS = 60.0
QUIET_SECONDS = 3.0
"""Longer than any breaker stays open, so that nobody is refused for it afterwards."""


async def outboxes_are_empty(truth: Truth, timeout_seconds: float = SETTLE_SECONDS) -> float:
    """Wait until every event has left; returns the seconds."""
    began_at = time.monotonic()

    async def empty() -> bool:
        assert await truth.waiting_events() == {}
        return True

    await eventually(empty, timeout_seconds, saying="the outboxes are empty")
    return time.monotonic() - began_at


async def counts_are_exact(truth: Truth, client: aiohttp.ClientSession, plugin_ids: Sequence[str]) -> dict[str, int]:
    """Wait until everybody sees the counts that the database has; returns them."""
    wanted = await truth.installs_of(plugin_ids)

    async def exact() -> bool:
        for plugin_id, count in wanted.items():
            answer = await send(client, "GET", f"{API}/plugins/{plugin_id}")
            assert answer.status == 200, answer
            assert answer.json()["install_count"] == count, plugin_id
        return True

    await eventually(exact, SETTLE_SECONDS, saying="the counts are exact")
    return wanted


async def search_agrees(truth: Truth, timeout_seconds: float = SETTLE_SECONDS) -> float:
    """Wait until the index holds what the catalogue lists; returns the seconds."""
    began_at = time.monotonic()

    async def agrees() -> bool:
        assert await truth.documents_differ() == []
        return True

    await eventually(agrees, timeout_seconds, saying="the index agrees with the catalogue")
    return time.monotonic() - began_at


async def nothing_acknowledged_is_lost(truth: Truth, ledger: Ledger, traffic: InstallTraffic) -> int:
    """Compare the ledger of installs with the database; returns how many acknowledged writes it holds."""
    entries = [entry for entry in await ledger.entries() if "tag" in entry]
    found = await truth.tags_of_installs(traffic.plugin_ids)
    lost = lost_writes(entries, traffic.unknown, found)
    assert lost == [], f"{len(lost)} of {len(entries)}"
    return len(entries)


def cookie_of(client: httpx.AsyncClient) -> str:
    """Return the session of somebody's browser, for requests past it."""
    return "; ".join(f"{name}={value}" for name, value in client.cookies.items())


async def quiet_since(returned_at: float, tallies: Sequence[Tally]) -> float:
    """Wait until nothing was refused for a while; returns the seconds from the server's return to the last refusal.

    Parameters
    ----------
    returned_at
        When the server worked again, by the loop's clock.
    tallies
        Of loads that are running.
    """
    loop = asyncio.get_running_loop()

    def last_refusal_at() -> float:
        return max(returned_at, *(tally.last_refusal_at for tally in tallies))

    def is_quiet() -> bool:
        return all(tally.ended_at > last_refusal_at() for tally in tallies) and (
            loop.time() > last_refusal_at() + QUIET_SECONDS
        )

    await eventually(is_quiet, SETTLE_SECONDS, saying="nothing is refused any more")
    return last_refusal_at() - returned_at
