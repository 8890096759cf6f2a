"""A process is killed at each step of a submission's way; the next one finishes the work, once."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest

from chassis.db import Database
from publishing.config import WorkSettings
from publishing.main import make_sweep
from testkit.waiting import eventually

BUNDLE = b"exports.activate = () => 7;\n"
SIGKILLED = -9

RunWorker = Callable[..., AbstractAsyncContextManager[None]]


@asynccontextmanager
async def process(environment: dict[str, str], role: str, **more: str) -> AsyncIterator[asyncio.subprocess.Process]:
    variables = {**os.environ, **environment, "LEASE_SECONDS": "1", "PORT": "0", **more}
    running = await asyncio.create_subprocess_exec(sys.executable, "-m", "publishing", role, env=variables)
    try:
        yield running
    finally:
        if running.returncode is None:
            running.kill()
        await running.wait()


@pytest.mark.parametrize(
    "failpoint",
    ["claimed", "scanned", "checked", "bundle-promoted", "promoted", "published", "files-cleared", "cleared"],
)
async def test_a_killed_worker_leaves_work_that_the_next_one_finishes_once(
    failpoint: str,
    developer: Any,
    reviewer: Any,
    environment: dict[str, str],
    run_worker: RunWorker,
    outbox_of: Callable[[str], Awaitable[list[Any]]],
    rows_of: Callable[..., Awaitable[list[Any]]],
    buckets: Any,
) -> None:
    plugin_id = await developer.register()
    submission_id = (await developer.send(plugin_id, bundle=BUNDLE)).json()["id"]

    async def is_published() -> bool:
        body = (await developer.get(f"/developer/submissions/{submission_id}")).json()
        if body["status"] == "awaiting_review":
            assert (await reviewer.approve(submission_id)).status_code == 200
        return bool(body["status"] == "published")

    async with process(environment, "work", FAILPOINT=failpoint) as killed:

        async def is_dead() -> bool:
            await is_published()
            return killed.returncode is not None

        await eventually(is_dead, 30)
        assert killed.returncode == SIGKILLED

    async with run_worker():
        await eventually(is_published, 30)
        await eventually(lambda: not buckets.quarantined(submission_id), 30)

        async def is_cleared() -> bool:
            rows = await rows_of("SELECT cleared_at FROM submissions WHERE id = :id", id=submission_id)
            return rows[0].cleared_at is not None

        await eventually(is_cleared)
    assert buckets.bundle(f"{plugin_id}/1.0.0/bundle.js") == BUNDLE
    assert len(await rows_of("SELECT 1 FROM versions WHERE plugin_id = :id", id=plugin_id)) == 1
    types = [event.type for event in await outbox_of(plugin_id)]
    assert types == ["plugin.registered.v1", "plugin-version.published.v1"]
    steps = (await developer.get(f"/developer/submissions/{submission_id}")).json()["steps"]
    assert {step["name"]: step["status"] for step in steps} == {
        "received": "done", "checked": "done", "reviewed": "done", "promoted": "done", "published": "done",
        "cleared": "done",
    }  # fmt: skip


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def server(environment: dict[str, str], failpoint: str) -> AsyncIterator[tuple[httpx.AsyncClient, Any]]:
    port = _free_port()
    async with (
        process(environment, "serve", FAILPOINT=failpoint, PORT=str(port)) as running,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client,
    ):

        async def is_ready() -> bool:
            try:
                return (await client.get("/readyz")).status_code == 200
            except httpx.TransportError:
                return False

        await eventually(is_ready, 30)
        yield client, running


@pytest.mark.parametrize("failpoint", ["staged", "stored", "received"])
async def test_an_upload_whose_server_is_killed_is_sent_again_and_leaves_nothing_behind(
    failpoint: str,
    developer: Any,
    environment: dict[str, str],
    work_settings: WorkSettings,
    database: Database,
    rows_of: Callable[..., Awaitable[list[Any]]],
    buckets: Any,
) -> None:
    plugin_id = await developer.register()
    async with server(environment, failpoint) as (client, running):
        with pytest.raises(httpx.TransportError):
            await replace(developer, client=client).send(plugin_id, bundle=BUNDLE)
        assert await running.wait() == SIGKILLED
    left = await rows_of("SELECT id FROM submissions WHERE plugin_id = :id", id=plugin_id)
    again = await developer.send(plugin_id, bundle=BUNDLE)
    assert again.status_code == 202
    if failpoint == "received":
        assert [str(row.id) for row in left] == [again.json()["id"]]
    else:
        assert left == []
        staged = await rows_of("SELECT submission_id FROM staged_uploads")
        assert len(staged) == 1
        assert bool(buckets.quarantined(str(staged[0].submission_id))) == (failpoint == "stored")
        assert await make_sweep(work_settings, database)(older_than_seconds=0) == 1
        assert not buckets.quarantined(str(staged[0].submission_id))
        assert await rows_of("SELECT 1 FROM staged_uploads") == []
    assert buckets.quarantined(again.json()["id"]) == [f"{again.json()['id']}/bundle.js"]


async def test_a_decision_whose_server_is_killed_stands_and_can_be_repeated(
    developer: Any,
    reviewer: Any,
    environment: dict[str, str],
    run_worker: RunWorker,
    rows_of: Callable[..., Awaitable[list[Any]]],
) -> None:
    plugin_id = await developer.register()
    submission_id = (await developer.send(plugin_id, bundle=BUNDLE)).json()["id"]
    async with run_worker(only=("check",)):
        await developer.submission_in(submission_id, "awaiting_review")
    async with server(environment, "decided") as (client, running):
        with pytest.raises(httpx.TransportError):
            await replace(reviewer, client=client).approve(submission_id)
        assert await running.wait() == SIGKILLED
    assert (await reviewer.approve(submission_id)).json()["status"] == "approved"
    assert len(await rows_of("SELECT 1 FROM decisions WHERE submission_id = :id", id=submission_id)) == 1
