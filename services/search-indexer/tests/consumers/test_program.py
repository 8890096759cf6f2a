"""The program as the supervisor runs it."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import httpx
import pytest

from chassis.kafka import Kafka
from contracts.envelope import Event
from contracts.search_index import index_name
from testkit.environments import ServiceEnvironment
from testkit.waiting import eventually

Publish = Callable[[Sequence[Event]], Awaitable[None]]


@pytest.fixture
def environment(service_environment: ServiceEnvironment, kafka_topics: Kafka, alias: str) -> dict[str, str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = {"TOPIC_PREFIX": kafka_topics.prefix, "SEARCH_ALIAS": alias, "PORT": str(port)}
    return {**os.environ, **service_environment("search_indexer"), **own}


async def run_to_end(role: str, environment: dict[str, str], *arguments: str) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "search_indexer", role, *arguments,
        env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, errors = await process.communicate()
    return process.returncode, said.decode(), errors.decode()


@asynccontextmanager
async def working(environment: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "search_indexer", "work", env=environment)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{environment['PORT']}") as client:
            yield client
    finally:
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 15) == 0


async def status(client: httpx.AsyncClient, path: str) -> int:
    try:
        return (await client.get(path)).status_code
    except httpx.TransportError:
        return 0


async def test_it_makes_its_index_fills_it_and_gives_it_readers(
    environment: dict[str, str], publish: Publish, event: Callable[..., Event], opensearch_url: str, alias: str
) -> None:
    await publish([event("program-chart", 1)])
    async with working(environment) as client, httpx.AsyncClient(base_url=opensearch_url) as engine:

        async def is_up(path: str, expected: int) -> bool:
            return await status(client, path) == expected

        await eventually(lambda: is_up("/livez", 200), timeout_seconds=30)
        await eventually(lambda: is_up("/readyz", 200), timeout_seconds=30)
        assert (await engine.get(f"/_alias/{alias}")).json().keys() == {f"{index_name(alias)}-000001"}
        answer = await engine.get(f"/{alias}/_search", params={"q": "id:program-chart"})
        assert answer.json()["hits"]["total"]["value"] == 1
        assert "events_applied_total" in (await client.get("/metrics")).text

        code, said, _ = await run_to_end("rebuild", environment, "--dry-run")
        assert code == 0
        assert said.startswith(f"Would create {index_name(alias)}-000002. Readers stay with {index_name(alias)}-000001")
        code, said, errors = await run_to_end("rebuild", environment)
        assert (code, errors) == (0, "")
        assert "Readers have" in said
        assert (await engine.get(f"/_alias/{alias}")).json().keys() == {f"{index_name(alias)}-000002"}
        code, _, said = await run_to_end("events", environment, "rebuild", "search-indexer.documents", "--dry-run")
        assert (code, "Would create" in said) == (0, True), said
        code, said, errors = await run_to_end("verify", environment)
        assert (code, errors) == (0, ""), said


async def test_an_interrupted_rebuild_goes_on(environment: dict[str, str], opensearch_url: str, alias: str) -> None:
    assert (await run_to_end("migrate", environment))[0] == 0
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "search_indexer", "rebuild", env=environment, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert (await process.stdout.readline()).startswith(b"Joining")
    assert b"documents" in await process.stdout.readline()
    process.send_signal(signal.SIGINT)
    said = (await process.stdout.read()).decode()
    assert await process.wait() == 130
    assert "goes on" in said
    assert "Traceback" not in said
    async with working(environment):
        assert (await run_to_end("rebuild", environment))[0] == 0
    async with httpx.AsyncClient(base_url=opensearch_url) as engine:
        assert (await engine.get(f"/_alias/{alias}")).status_code == 200


@pytest.mark.parametrize("role", ["migrate", "rebuild", "verify", "promote"])
async def test_a_command_without_an_engine_says_so(environment: dict[str, str], role: str) -> None:
    code, _, errors = await run_to_end(role, {**environment, "OPENSEARCH_URL": "http://127.0.0.1:9"})
    assert code == 1
    assert "the search engine does not answer at the moment (http://127.0.0.1:9)" in errors
    assert "Traceback" not in errors
