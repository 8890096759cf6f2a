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

from contracts.envelope import Event
from contracts.search_index import index_name
from testkit.environments import ServiceEnvironment
from testkit.waiting import eventually

Publish = Callable[[Sequence[Event]], Awaitable[None]]


@pytest.fixture
def environment(service_environment: ServiceEnvironment, alias: str) -> dict[str, str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return {**os.environ, **service_environment("search_indexer"), "SEARCH_ALIAS": alias, "PORT": str(port)}


async def run_to_end(role: str, environment: dict[str, str]) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "search_indexer", role, env=environment, stderr=asyncio.subprocess.PIPE
    )
    _, errors = await process.communicate()
    return process.returncode, errors.decode()


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


async def test_it_waits_for_its_index_then_fills_it(
    environment: dict[str, str], publish: Publish, event: Callable[..., Event], opensearch_url: str, alias: str
) -> None:
    async with working(environment) as client, httpx.AsyncClient(base_url=opensearch_url) as engine:

        async def is_up(path: str, expected: int) -> bool:
            return await status(client, path) == expected

        await eventually(lambda: is_up("/livez", 200))
        assert await status(client, "/readyz") == 503

        assert await run_to_end("migrate", environment) == (0, "")
        await eventually(lambda: is_up("/readyz", 200))
        assert (await engine.get(f"/_alias/{alias}")).json().keys() == {index_name(alias)}

        await publish([event("program-chart", 1)])

        async def is_found() -> bool:
            answer = await engine.get(f"/{alias}/_search", params={"q": "id:program-chart"})
            return answer.status_code == 200 and answer.json()["hits"]["total"]["value"] == 1

        await eventually(is_found, timeout_seconds=30)
        assert "events_applied_total" in (await client.get("/metrics")).text


async def test_migrating_without_an_engine_says_so(environment: dict[str, str]) -> None:
    code, errors = await run_to_end("migrate", {**environment, "OPENSEARCH_URL": "http://127.0.0.1:9"})
    assert code == 1
    assert errors.startswith("the search engine does not answer at the moment (http://127.0.0.1:9)")
    assert "Traceback" not in errors
