"""Writers that meet in the middle of each other's transactions, brought about on purpose."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from chassis.db import Database
from installs.domain.installs import Install, InstallRequest, Owner
from installs.storage.claims import claim_owner, move_installs
from installs.storage.installs import add_install, list_installs, remove_install
from testkit.databases import SessionDatabase
from testkit.waiting import eventually

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def somebody_waits(database_for: SessionDatabase) -> Callable[[], Awaitable[None]]:
    """Return once a session of this database waits for another's lock."""

    def waiting() -> bool:
        with psycopg.connect(database_for.admin_url) as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            ).fetchone()
        return row is not None and row[0] > 0

    async def wait() -> None:
        await eventually(waiting)

    return wait


@pytest.fixture
async def owner(visitor: Any, publish: Any, plugin_id: str) -> Owner:
    await publish(plugin_id)
    await publish(f"{plugin_id}-before")
    return Owner(id=visitor.id, kind="anonymous")


@pytest.fixture
def add(database: Database, owner: Owner) -> Callable[[str], Awaitable[Install | None]]:
    async def add(plugin_id: str) -> Install | None:
        async with database.statement() as connection:
            return await add_install(connection, owner, InstallRequest(plugin_id=plugin_id))

    return add


async def ids_of(database: Database, owner: Owner) -> list[str]:
    async with database.read() as connection:
        return [install.plugin_id for install in await list_installs(connection, owner)]


@pytest.mark.parametrize("is_first_write", [True, False])
async def test_a_write_that_meets_an_open_claim_waits_and_is_refused(
    database: Database, owner: Owner, user: Any, add: Any, plugin_id: str, somebody_waits: Any, is_first_write: bool
) -> None:
    if not is_first_write:
        await add(f"{plugin_id}-before")
    async with database.transaction() as connection:
        assert await claim_owner(connection, anonymous_id=owner.id, user_id=user.id, claimed_at=NOW)
        await move_installs(connection, anonymous_id=owner.id, user_id=user.id)
        write = asyncio.create_task(add(plugin_id))
        await somebody_waits()
    assert await write is None
    assert await ids_of(database, owner) == []
    expected = [] if is_first_write else [f"{plugin_id}-before"]
    assert await ids_of(database, Owner(id=user.id, kind="user")) == expected


async def test_a_claim_that_meets_an_open_write_waits_and_takes_it_along(
    database: Database, owner: Owner, user: Any, claim: Any, plugin_id: str, somebody_waits: Any
) -> None:
    async with database.transaction() as connection:
        assert await add_install(connection, owner, InstallRequest(plugin_id=plugin_id))
        claiming = asyncio.create_task(claim(owner.id, user.id))
        await somebody_waits()
    await claiming
    assert await ids_of(database, Owner(id=user.id, kind="user")) == [plugin_id]
    assert await ids_of(database, owner) == []


async def test_a_claim_that_is_rolled_back_refuses_nothing(
    database: Database, owner: Owner, user: Any, add: Any, plugin_id: str, somebody_waits: Any
) -> None:
    write: asyncio.Task[Any] | None = None
    with suppress(ConnectionAbortedError):
        async with database.transaction() as connection:
            await claim_owner(connection, anonymous_id=owner.id, user_id=user.id, claimed_at=NOW)
            write = asyncio.create_task(add(plugin_id))
            await somebody_waits()
            raise ConnectionAbortedError
    assert write is not None
    assert (await write).plugin_id == plugin_id


async def test_the_event_of_a_write_that_waited_tells_the_state_after_the_other(
    database: Database, user: Any, publish: Any, plugin_id: str, somebody_waits: Any, outbox: Any
) -> None:
    """The trap of one statement for row and event: its snapshot is older than what it waited for."""
    await publish(plugin_id)
    owner = Owner(id=user.id, kind="user")

    async def install() -> Install | None:
        async with database.statement() as connection:
            return await add_install(connection, owner, InstallRequest(plugin_id=plugin_id))

    await install()
    async with database.transaction() as connection:
        assert await remove_install(connection, owner, plugin_id=plugin_id, revisions=None)
        write = asyncio.create_task(install())
        await somebody_waits()
    again = await write
    assert again is not None
    assert again.revision == 3
    assert [(row.sequence, row.type) for row in await outbox(owner.id)] == [
        (1, "install.created.v1"),
        (2, "install.removed.v1"),
        (3, "install.created.v1"),
    ]


async def test_positions_in_the_outbox_follow_the_sequence_of_each_install(
    database: Database, make_caller: Any, publish: Any, plugin_id: str, client: Any
) -> None:
    await publish(plugin_id, "1.0.0", "1.0.1")
    callers = [make_caller(kind) for kind in ("user", "anonymous") * 3]

    async def churn(caller: Any) -> None:
        for turn in range(6):
            await client.post("/plugins/install", json={"plugin_id": plugin_id}, headers=caller.headers)
            await client.patch(f"/plugins/{plugin_id}", json={"enabled": turn % 2 == 0}, headers=caller.headers)
            await client.delete(f"/plugins/{plugin_id}", headers=caller.headers)

    await asyncio.gather(*(churn(caller) for caller in callers for _ in range(3)))
    async with database.read() as connection:
        rows = (
            await connection.execute(
                text("SELECT aggregateid, sequence FROM outbox WHERE aggregateid LIKE :key ORDER BY position"),
                {"key": f"%:{plugin_id}"},
            )
        ).all()
    for caller in callers:
        sequences = [row.sequence for row in rows if UUID(row.aggregateid.split(":")[0]) == caller.id]
        assert sequences == list(range(1, len(sequences) + 1))
        assert len(sequences) >= 18
