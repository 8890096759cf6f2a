"""Programs die at each step of a publication, again and again under load, and a supervisor starts them again."""

import asyncio
import itertools
import random
import time
from collections import Counter

import aiohttp

from contracts.topics import PLUGINS
from publishing.usecases.failpoints import FAILPOINTS
from testkit.faults.figures import Figures
from testkit.faults.install_traffic import InstallTraffic
from testkit.faults.ledger import Ledger
from testkit.faults.load import Load
from testkit.faults.publish_traffic import PublishTraffic
from testkit.faults.records import read_topic
from testkit.faults.stack import FaultStack
from testkit.faults.truth import Truth
from testkit.people import People
from testkit.waiting import eventually

from .conftest import Size
from .settling import (
    counts_are_exact,
    nothing_acknowledged_is_lost,
    outboxes_are_empty,
    search_agrees,
)

OF_SERVE = ("staged", "stored", "received", "decided")
OF_WORK = tuple(name for name in FAILPOINTS if name not in OF_SERVE)
SHORT_WAVES = (("received", "bundle-promoted"),)
FINAL = {"published", "rejected", "refused", "withdrawn"}
SETTLED = FINAL | {"awaiting_review"}
SETTLE_SECONDS = 60.0
DEATH_SECONDS = 60.0


def waves(size: Size) -> list[tuple[str, str]]:
    """Return which step kills the server and which the worker, wave by wave."""
    if not size.full:
        return list(SHORT_WAVES)
    return list(zip(itertools.cycle(OF_SERVE), OF_WORK * size.kill_rounds, strict=False))


async def all_are(truth: Truth, statuses: set[str]) -> bool:
    """Say whether every submission has one of these statuses."""
    rows = await truth.rows("SELECT id, status FROM publishing.submissions")
    assert [f"{row['id']} {row['status']}" for row in rows if row["status"] not in statuses] == []
    return True


async def published_twice(stack: FaultStack) -> list[str]:
    """Return versions whose publication is on the topic as several facts; one fact may be there repeatedly."""
    facts = {
        (record.key, dict(record.headers)["ce_sequence"], dict(record.headers)["ce_id"])
        for record in await read_topic(stack.kafka.bootstrap_servers, PLUGINS.name)
        if dict(record.headers).get("ce_type") == b"plugin-version.published.v1"
    }
    counts = Counter((key, sequence) for key, sequence, _ in facts)
    return [f"{key!r} {sequence!r}" for (key, sequence), count in counts.items() if count > 1]


async def lost_submissions(truth: Truth, entries: list[dict[str, str]]) -> list[str]:
    """Return acknowledged uploads and decisions that the database does not hold."""
    known = {str(row["id"]): row for row in await truth.rows("SELECT id, status FROM publishing.submissions")}
    decided = {
        (str(row["submission_id"]), row["verdict"])
        for row in await truth.rows("SELECT submission_id, verdict FROM publishing.decisions")
    }
    lost = [entry["submission"] for entry in entries if "submission" in entry and entry["submission"] not in known]
    return lost + [
        f"decision on {entry['decided']}"
        for entry in entries
        if "decided" in entry and (entry["decided"], entry["verdict"]) not in decided
    ]


async def all_see_each_version_once(truth: Truth, people: People, plugin_ids: list[str]) -> int:
    """Compare what everybody sees with what was approved and released; returns how many versions that are."""
    visitor, total = people.visitor(), 0
    for plugin_id in plugin_ids:
        rows = await truth.rows(
            "SELECT version FROM publishing.submissions WHERE status = 'published' AND plugin_id = %s", plugin_id
        )
        answer = await visitor.get(f"/plugins/{plugin_id}/versions", params={"limit": 100})
        if not rows:
            assert answer.status_code == 404
            continue
        assert sorted(item["version"] for item in answer.json()["items"]) == sorted(row["version"] for row in rows)
        found = (await visitor.get("/plugins", params={"q": plugin_id})).json()["items"]
        assert [item["id"] for item in found] == [plugin_id]
        total += len(rows)
    return total


async def test_publications_survive_the_death_of_any_program_at_any_step(
    stack: FaultStack,
    truth: Truth,
    people: People,
    published: list[str],
    client: aiohttp.ClientSession,
    ledger: Ledger,
    size: Size,
    figures: Figures,
) -> None:
    traffic = InstallTraffic(client, published, ledger)
    others = [name for name in stack.platform.names if name not in {"publishing-serve", "publishing-work"}]
    random.shuffle(others)
    victims = itertools.cycle(others)
    async with stack.keeper() as keeper:
        installs = Load(traffic, per_second=size.writes_per_second / 4)
        async with installs, PublishTraffic(people, ledger, streams=3) as publishing:
            for of_serve, of_work in waves(size):
                before = keeper.deaths.copy()
                stack.restart_program("publishing-serve", FAILPOINT=of_serve)
                stack.restart_program("publishing-work", FAILPOINT=of_work)
                killed = [next(victims) for _ in range(3)]
                for name in killed:
                    await asyncio.sleep(random.uniform(0.1, 0.5))  # at any moment of the stream
                    stack.platform.kill(name)

                def all_have_died(names: list[str] = killed, before: Counter[str] = before) -> bool:
                    return all(
                        keeper.deaths[name] > before[name] for name in ("publishing-serve", "publishing-work", *names)
                    )

                await eventually(all_have_died, DEATH_SECONDS, saying=f"{of_serve} and {of_work} were reached")
                await stack.until_ready()
        restarted_at = time.monotonic()
        await eventually(lambda: all_are(truth, SETTLED), 2 * SETTLE_SECONDS, saying="no submission is stuck")
        settle_seconds = time.monotonic() - restarted_at
        await eventually(lambda: all_are(truth, FINAL), SETTLE_SECONDS, saying="the reviewer has judged all")
        await publishing.stop()
    await outboxes_are_empty(truth)
    await search_agrees(truth)
    entries = await ledger.entries()
    assert await lost_submissions(truth, entries) == []
    acknowledged = await nothing_acknowledged_is_lost(truth, ledger, traffic)
    await counts_are_exact(truth, client, published)
    assert await truth.wrong_bundles() == []
    assert await published_twice(stack) == []
    versions = await all_see_each_version_once(truth, people, publishing.plugin_ids)

    submissions = sum("submission" in entry for entry in entries)
    figures.add("programs killed", "deaths", keeper.deaths.total())
    figures.add("programs killed", "steps of a publication at which one died", 2 * len(waves(size)))
    figures.add("programs killed", "acknowledged uploads lost", f"0 of {submissions}", "0")
    figures.add("programs killed", "versions public, each once", versions)
    figures.add("programs killed", "all submissions settled after the last restart, s", settle_seconds, "<= 60")
    figures.add(
        "programs killed", "installs accepted meanwhile", f"{installs.tally.accepted} of {installs.tally.total}"
    )
    figures.add("programs killed", "acknowledged installs lost", f"0 of {acknowledged}", "0")
    assert [answer for answer in installs.tally.wrong if answer.status] == []  # a killed gateway answers nothing
    assert settle_seconds <= SETTLE_SECONDS
