"""A worker that dies in the middle of its work counts nothing twice and loses nothing."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from contracts.events.installs import InstallCreated
from testkit.waiting import eventually


async def test_a_worker_that_is_killed_while_it_counts_leaves_exact_counts(
    wire: Any, start_role: Any, publisher: Any, tables: Any
) -> None:
    key, half = publisher.plugin_id, 1_000
    worker = await start_role("work")
    try:
        sending = asyncio.create_task(send_installs(wire, key, half))

        async def some_are_counted() -> bool:
            return await counted(tables, key) > 0

        await eventually(some_are_counted, 60)
        worker.kill()
        await worker.wait()
        await sending
        await send_installs(wire, key, half)
        worker = await start_role("work")

        async def everything_is_consumed() -> bool:
            return await counted(tables, key) >= 2 * half and await wire.lag("installs.v1", "catalog.installs") == 0

        await eventually(everything_is_consumed, 60)
        assert await counted(tables, key) == 2 * half
    finally:
        if worker.returncode is None:
            worker.terminate()
            await worker.wait()


def install_of(plugin_id: str) -> InstallCreated:
    return InstallCreated(
        owner_id=uuid4(), owner_kind="user", plugin_id=plugin_id, version="1.0.0", enabled=True,
        changed_at=datetime.now(UTC),
    )  # fmt: skip


async def send_installs(wire: Any, plugin_id: str, number: int) -> None:
    for start_at in range(0, number, 50):
        installs = [install_of(plugin_id) for _ in range(min(50, number - start_at))]
        await asyncio.gather(
            *(wire.send(each, key=f"{each.owner_id}:{plugin_id}", sequence=1, times=2) for each in installs)
        )


async def counted(tables: Any, plugin_id: str) -> int:
    rows = await tables.run("SELECT count FROM install_counts WHERE plugin_id = :id", id=plugin_id)
    return rows[0].count if rows else 0
