"""``python -m catalog events`` as a process: a rewind changes nothing, a rebuild mends what was damaged."""

import asyncio
import json
import os
import sys
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from contracts.events.installs import InstallCreated
from contracts.events.plugins import PluginRegistered, PluginVersionPublished
from testkit.waiting import eventually


@pytest.fixture
def events(environment: dict[str, str]) -> Any:
    """``await events("lag")``: exit code, output, errors."""

    async def run(*arguments: str) -> tuple[int, str, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "catalog", "events", *arguments, env={**os.environ, **environment},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await asyncio.wait_for(process.communicate(), 120)
        assert b"Traceback" not in err
        return process.returncode or 0, out.decode(), err.decode()

    return run


async def send_installs(wire: Any, plugin_id: str, number: int) -> None:
    for _ in range(number):
        install = InstallCreated(
            owner_id=uuid4(), owner_kind="user", plugin_id=plugin_id, version="1.0.0", enabled=True,
            changed_at=datetime.now(UTC),
        )  # fmt: skip
        await wire.send(install, key=f"{install.owner_id}:{plugin_id}", sequence=1)


async def counted(tables: Any, plugin_id: str) -> int:
    rows = await tables.run("SELECT count FROM install_counts WHERE plugin_id = :id", id=plugin_id)
    return rows[0].count if rows else 0


async def stand_still(events: Any) -> bool:
    code, out, _ = await events("lag", "--json")
    return code == 0 and not any(row["lag"] or row["members"] for row in json.loads(out))


async def test_what_is_delivered_again_after_a_rewind_changes_nothing(
    wire: Any, running_role: Any, publisher: Any, tables: Any, events: Any
) -> None:
    key, installs = publisher.plugin_id, 40
    first, second = publisher.change(), publisher.change(version="1.0.0")
    await wire.send(PluginRegistered(plugin=first.state), key=key, sequence=1)
    await wire.send(PluginVersionPublished(plugin=second.state, version=second.version), key=key, sequence=2)
    await send_installs(wire, key, installs)
    select = "SELECT * FROM plugins WHERE id = :id"
    async with running_role("work"):

        async def is_applied() -> bool:
            rows = await tables.run(select, id=key)
            return await counted(tables, key) == installs and bool(rows and rows[0].install_count == installs)

        await eventually(is_applied, 120)
        code, _, err = await events("rewind", "catalog.installs", "--to-beginning")
        assert (code, "make stop S=catalog-work" in err) == (1, True)
    await eventually(lambda: stand_still(events), 120)
    before = await tables.run(select, id=key)
    for group in ("catalog.plugins", "catalog.installs"):
        assert (await events("rewind", group, "--to-beginning"))[0] == 0
    assert (await events("lag", "--max-lag", "0"))[0] == 1
    async with running_role("work"):

        async def has_caught_up() -> bool:
            code, _, _ = await events("lag", "--max-lag", "0")
            return bool(code == 0)

        await eventually(has_caught_up, 150)
    assert await counted(tables, key) == installs
    assert await tables.run(select, id=key) == before


async def test_a_rebuild_mends_damaged_rows_while_they_are_read_and_the_worker_works(
    wire: Any, running_role: Any, publisher: Any, tables: Any, events: Any
) -> None:
    key = publisher.plugin_id
    first, second = publisher.change(), publisher.change(version="1.0.0")
    await wire.send(PluginRegistered(plugin=first.state), key=key, sequence=1)
    await wire.send(PluginVersionPublished(plugin=second.state, version=second.version), key=key, sequence=2)
    name, select = second.state.name, "SELECT name, latest_version, source_sequence FROM plugins WHERE id = :id"
    versions = "SELECT sha256, changelog FROM versions WHERE plugin_id = :id"
    seen: list[tuple[int, str]] = []

    async def keep_reading(url: str) -> None:
        async with httpx.AsyncClient(base_url=url) as client:
            while True:
                answer = await client.get(f"/api/v1/plugins/{key}")
                seen.append((answer.status_code, answer.json().get("name", "")))

    async with running_role("work"), running_role("serve") as url:

        async def is_listed() -> bool:
            rows = await tables.run(select, id=key)
            return bool(rows and rows[0].latest_version)

        await eventually(is_listed, 60)
        sound = await tables.run(versions, id=key)
        await tables.run("UPDATE plugins SET name = 'Damaged', latest_version = '0.0.1' WHERE id = :id", id=key)
        await tables.run("UPDATE versions SET sha256 = '', changelog = 'Damaged' WHERE plugin_id = :id", id=key)
        reading = asyncio.create_task(keep_reading(url))
        try:
            code, _, err = await events("rebuild", "catalog.plugins", "--dry-run")
            assert (code, "Nothing was changed" in err) == (0, True)
            _, out, err = await events("rebuild", "catalog.plugins", "--json")
            assert "catalog.plugins is rebuilt" in err
            assert key not in {refused["key"] for refused in json.loads(out)}  # other tests' nonsense is refused
            await eventually(lambda: bool(seen) and seen[-1][1] == name)
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
    assert {status for status, _ in seen} == {200}
    assert {told for _, told in seen} <= {"Damaged", name}  # no older state in between
    (row,) = await tables.run(select, id=key)
    assert (row.name, row.latest_version, row.source_sequence) == (name, "1.0.0", 2)
    assert await tables.run(versions, id=key) == sound


async def test_the_metrics_that_operators_watch_are_told(running_role: Any) -> None:
    async with running_role("work") as worker, running_role("relay") as relay, httpx.AsyncClient() as client:
        for url, names in (
            (
                worker,
                (
                    "consumer_lag_events",
                    "event_age_seconds",
                    "events_applied_total",
                    "dead_letters_total",
                    "dead_letters_open",
                ),
            ),
            (relay, ("outbox_depth", "outbox_oldest_seconds", "outbox_relayed_total")),
        ):
            told = (await client.get(f"{url}/metrics")).text
            assert [name for name in names if f"# TYPE {name}" not in told] == []


async def test_counts_are_not_rebuilt_from_a_topic_that_forgets(events: Any) -> None:
    code, _, err = await events("rebuild", "catalog.installs")
    assert (code, "14 days" in err, "docs/operating-events.md" in err) == (2, True, True)
    code, _, err = await events("rebuild", "nothing")
    assert (code, "Rebuilt can be: catalog.plugins." in err) == (2, True)
