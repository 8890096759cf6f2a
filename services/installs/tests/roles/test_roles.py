"""The roles as processes: an event comes in, an install goes through, an event goes out."""

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from chassis.kafka import Kafka
from contracts.envelope import Event
from contracts.topics import INSTALLS, PLUGINS
from testkit.environments import ServiceEnvironment
from testkit.waiting import eventually

ROLES = ("serve", "work", "relay")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def running(role: str, environment: dict[str, str]) -> AsyncIterator[str]:
    """Run a role until it is ready; give its address; expect that a signal ends it gracefully."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "installs", role, env={**environment, "PORT": str(port), "LOG_LEVEL": "info"}
    )
    address = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(base_url=address) as client:

            async def ready() -> bool:
                assert process.returncode is None
                try:
                    return (await client.get("/readyz")).status_code == 200
                except httpx.TransportError:
                    return False

            await eventually(ready, timeout_seconds=60)
        yield address
        process.terminate()
        assert await asyncio.wait_for(process.wait(), timeout=20) in {0, -signal.SIGTERM}
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.fixture
def broker(kafka_bootstrap_servers: str, topic_prefix: str) -> Kafka:
    return Kafka(bootstrap_servers=kafka_bootstrap_servers, prefix=topic_prefix)


async def test_an_install_goes_through_all_roles(
    service_environment: ServiceEnvironment, broker: Kafka, facts: Any, plugin_id: str, user: Any
) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers)
    await producer.start()
    event = facts.make_event(facts.published(plugin_id, "1.0.0"), key=plugin_id)
    await producer.send_and_wait(
        broker.named(PLUGINS.name), key=plugin_id.encode(), value=event.data, headers=event.headers()
    )
    await producer.stop()
    environment = service_environment("installs")
    async with AsyncExitStack() as stack:
        address, *_ = [await stack.enter_async_context(running(role, environment)) for role in ROLES]
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=address, headers=user.headers))

        async def installed() -> bool:
            answer = await client.post("/api/v1/user/plugins/install", json={"plugin_id": plugin_id})
            return answer.status_code == 201

        await eventually(installed, timeout_seconds=30)
        assert (await client.get("/metrics")).text.count("http_request_duration_seconds_count") >= 1
        heard = await first_event(broker, f"{user.id}:{plugin_id}")
    assert (heard.type, heard.source, heard.sequence) == ("install.created.v1", "/installs", 1)
    assert heard.json()["plugin_id"] == plugin_id


async def first_event(broker: Kafka, key: str) -> Event:
    consumer = AIOKafkaConsumer(
        broker.named(INSTALLS.name),
        bootstrap_servers=broker.bootstrap_servers,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
    )
    await consumer.start()
    try:

        async def find() -> Event | None:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    if record.key == key.encode():
                        return Event.from_record(key=record.key, value=record.value, headers=record.headers)
            return None

        found = await eventually(find, timeout_seconds=30)
        assert found is not None
        return found
    finally:
        await consumer.stop()
