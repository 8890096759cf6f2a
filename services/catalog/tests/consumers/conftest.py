"""The roles of the catalog as processes, and the wire between them and the other services."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from contracts.envelope import Event, EventData
from testkit.environments import ServiceEnvironment
from testkit.waiting import eventually


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def start(role: str, environment: dict[str, str], port: int) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "catalog", role, env={**os.environ, **environment, "PORT": str(port)}
    )


@asynccontextmanager
async def running(role: str, environment: dict[str, str]) -> AsyncIterator[str]:
    """Run one role as a process of its own; gives its address once it is ready."""
    port = _free_port()
    process = await start(role, environment, port)
    url = f"http://127.0.0.1:{port}"

    async def is_ready() -> bool:
        assert process.returncode is None, f"{role} ended with {process.returncode}"
        try:
            async with httpx.AsyncClient() as client:
                return (await client.get(f"{url}/readyz")).status_code == 200
        except httpx.TransportError:
            return False

    try:
        await eventually(is_ready, 60, saying=f"{role} is ready")
        yield url
    finally:
        if process.returncode is None:
            process.terminate()
        # The HTTP server ends itself by the signal once it has closed everything.
        assert await asyncio.wait_for(process.wait(), 20) in {0, -signal.SIGTERM}, f"{role} did not end in order"


class Wire:
    """What other services do on Kafka."""

    def __init__(self, producer: AIOKafkaProducer, environment: dict[str, str]) -> None:
        self._producer = producer
        self._environment = environment

    async def send(self, data: EventData, *, key: str, sequence: int, times: int = 1) -> None:
        event = Event(
            id=uuid4(),
            type=data.event_type,
            source="/test",
            key=key,
            sequence=sequence,
            time=datetime.now(UTC),
            data=data.model_dump_json().encode(),
        )
        await self.send_raw(data.topic, key, event.data, event.headers(), times=times)

    async def send_raw(
        self, topic: str, key: str, value: bytes | None, headers: list[tuple[str, bytes]], *, times: int = 1
    ) -> None:
        for _ in range(times):
            await self._producer.send_and_wait(
                self._environment["TOPIC_PREFIX"] + topic, value, key=key.encode(), headers=headers
            )

    async def read(self, topic: str, key: str, *, at_least: int) -> list[Event]:
        """Read a topic from its beginning until it holds so many events of the key."""
        consumer = AIOKafkaConsumer(
            self._environment["TOPIC_PREFIX"] + topic,
            bootstrap_servers=self._environment["KAFKA_BOOTSTRAP_SERVERS"],
            auto_offset_reset="earliest",
            isolation_level="read_committed",
        )
        found: list[Event] = []

        async def enough() -> bool:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found.extend(
                    Event.from_record(key=each.key, value=each.value, headers=each.headers)
                    for each in records
                    if each.key == key.encode()
                )
            return len(found) >= at_least

        await consumer.start()
        try:
            await eventually(enough, 30, saying=f"{at_least} events of {key} on {topic}")
        finally:
            await consumer.stop()
        return found

    async def lag(self, topic: str, group: str) -> int:
        """Say how many records a group has not committed yet."""
        prefix, servers = self._environment["TOPIC_PREFIX"], self._environment["KAFKA_BOOTSTRAP_SERVERS"]
        admin = AIOKafkaAdminClient(bootstrap_servers=servers)
        await admin.start()
        try:
            committed = await admin.list_consumer_group_offsets(prefix + group)
        finally:
            await admin.close()
        async with AIOKafkaConsumer(bootstrap_servers=servers, isolation_level="read_committed") as consumer:
            partitions = [each for each in committed if each.topic == prefix + topic]
            ends = await consumer.end_offsets(partitions)
        return sum(ends[each] - max(0, committed[each].offset) for each in partitions)


@pytest.fixture(scope="session")
async def environment(service_environment: ServiceEnvironment) -> dict[str, str]:
    return service_environment("catalog")


@pytest.fixture(scope="session")
async def wire(environment: dict[str, str]) -> AsyncIterator[Wire]:
    async with AIOKafkaProducer(bootstrap_servers=environment["KAFKA_BOOTSTRAP_SERVERS"]) as producer:
        yield Wire(producer, environment)


@pytest.fixture(scope="session")
def start_role(environment: dict[str, str]) -> Callable[[str], Awaitable[asyncio.subprocess.Process]]:
    """``await start_role("work")`` starts a process, which the caller ends."""
    return lambda role: start(role, environment, _free_port())


@pytest.fixture(scope="session")
def running_role(environment: dict[str, str]) -> Callable[[str], AbstractAsyncContextManager[str]]:
    """``async with running_role("serve") as url`` runs a process until the block ends."""
    return lambda role: running(role, environment)
