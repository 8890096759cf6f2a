"""What every test of faults begins and ends with."""

import asyncio
import time
from collections.abc import Sequence

import aiohttp

from testkit.faults.install_traffic import InstallTraffic, lost_writes
from testkit.faults.ledger import Ledger
from testkit.faults.load import send
from testkit.faults.truth import Truth
from testkit.people import API, People
from testkit.waiting import eventually

SETTLE_SECONDS = 60.0


async def publish_plugins(people: People, count: int) -> list[str]:
    """Publish plugins of one developer, and wait until installs knows them; their settings may hold a ``tag``."""
    developer = await people.developer()
    plugin_ids = [await people.create_plugin(developer) for _ in range(count)]
    await asyncio.gather(*(people.publish(developer, plugin_id, "1.0.0") for plugin_id in plugin_ids))
    for plugin_id in plugin_ids:
        installed = await people.install(people.visitor(), plugin_id, settings={"tag": plugin_id})
        assert installed.status_code == 201, installed.text
    return plugin_ids


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
    entries = await ledger.entries()
    found = await truth.tags_of_installs(traffic.plugin_ids)
    lost = lost_writes(entries, traffic.unknown, found)
    assert lost == [], f"{len(lost)} of {len(entries)}"
    return len(entries)
