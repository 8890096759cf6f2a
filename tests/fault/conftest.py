"""A platform of its own that may be killed, people on it, and the table of figures."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from testkit.faults.figures import Figures
from testkit.faults.ledger import Ledger
from testkit.faults.load import open_client
from testkit.faults.stack import FaultStack
from testkit.faults.truth import Truth
from testkit.people import People

FIGURES = Figures()


@dataclass(frozen=True)
class Size:
    """How much of each fault; the short form is part of `make test`, the full one is `make test-fault`."""

    full: bool
    outage_seconds: float
    writes_per_second: float
    kill_rounds: int


@pytest.fixture(scope="session")
def size() -> Size:
    if os.environ.get("FAULT") == "full":
        return Size(full=True, outage_seconds=60.0, writes_per_second=100.0, kill_rounds=2)
    return Size(full=False, outage_seconds=8.0, writes_per_second=40.0, kill_rounds=1)


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultStack]:
    """Give the platform; it is stopped with the last test of this folder, so that it burdens no other."""
    stack = FaultStack(tmp_path_factory.mktemp("fault"))
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


@pytest.fixture
def truth(stack: FaultStack) -> Truth:
    return Truth(stack)


@pytest.fixture
async def people(stack: FaultStack) -> AsyncIterator[People]:
    people = People(stack.platform)
    yield people
    await people.leave()


@pytest.fixture(scope="package")
async def published(stack: FaultStack) -> list[str]:
    """Publish three plugins that all tests may install and review; their settings may hold a ``tag``."""
    people = People(stack.platform)
    developer = await people.developer()
    plugin_ids = [await people.create_plugin(developer) for _ in range(3)]
    await asyncio.gather(*(people.publish(developer, plugin_id, "1.0.0") for plugin_id in plugin_ids))
    for plugin_id in plugin_ids:  # installs learns of them a moment later
        installed = await people.install(people.visitor(), plugin_id, settings={"tag": plugin_id})
        assert installed.status_code == 201, installed.text
    await people.leave()
    return plugin_ids


@pytest.fixture
async def client(stack: FaultStack) -> AsyncIterator[aiohttp.ClientSession]:
    async with open_client(stack.platform.gateway_url) as client:
        yield client


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    async with Ledger(tmp_path / "ledger.jsonl") as ledger:
        yield ledger


@pytest.fixture(scope="session")
def figures() -> Figures:
    return FIGURES


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if FIGURES.rows:
        terminalreporter.section("faults: what was seen")
        for line in FIGURES.table():
            terminalreporter.write_line(line)
