"""A deployment of the test's own, a service that chokes on what it is told to, and the command line."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from chassis.consumer import Consumer, Subscription
from chassis.kafka import Kafka
from chassis.kafka_client import admin_client, plain_producer
from chassis.operations.command import run_events
from chassis.process import Heartbeat
from chassis.settings import KafkaSettings
from contracts.envelope import Event
from contracts.topics import REVIEWS
from platform_local.topics import create_topics, delete_topics
from testkit.waiting import eventually


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


class Service:
    """Applies reviews, unless they are among those that it chokes on."""

    def __init__(self, broker: Kafka) -> None:
        self.broker = broker
        self.producer = plain_producer(broker)
        self.group = f"test.{uuid4().hex[:8]}"
        self.poison: set[tuple[str, int]] = set()
        self.applied: list[tuple[str, int]] = []
        self.subscription = Subscription(
            group=self.group, topics=(REVIEWS.name,), handler=self._handle, retry_seconds=(0.01,)
        )

    async def _handle(self, events: Sequence[Event]) -> None:
        for event in events:
            if (event.key, event.sequence) in self.poison:
                raise ValueError(f"cannot apply {event.sequence}")
        self.applied += [(event.key, event.sequence) for event in events]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        consumer = Consumer(kafka=self.broker, subscription=self.subscription, heartbeat=Heartbeat())
        task = asyncio.create_task(consumer.run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def send(self, key: str, *sequences: int, body: bytes = b"{}", at: datetime | None = None) -> None:
        for sequence in sequences:
            event = Event(
                id=uuid4(), type="review.posted.v1", source="/test", key=key, sequence=sequence,
                time=datetime.now(UTC), data=body, traceparent=f"00-{sequence:032x}-{1:016x}-01",
            )  # fmt: skip
            self.producer.produce(
                self.broker.named(REVIEWS.name), key=key.encode(), value=body, headers=[*event.headers()],
                timestamp=int((at or datetime.now(UTC)).timestamp() * 1_000),
            )  # fmt: skip
        await asyncio.to_thread(self.producer.flush)

    async def until_applied(self, *wanted: tuple[str, int]) -> None:
        await eventually(lambda: set(wanted) <= set(self.applied), timeout_seconds=40)


@pytest.fixture
async def own_broker(kafka_bootstrap_servers: str) -> AsyncIterator[Kafka]:
    """A deployment without anything on its topics."""
    prefix = f"ops{uuid4().hex[:8]}."
    await create_topics(kafka_bootstrap_servers, prefix)
    broker = Kafka(bootstrap_servers=kafka_bootstrap_servers, prefix=prefix)
    client = admin_client(broker)

    def is_known() -> bool:
        return {broker.named(REVIEWS.name), broker.named(REVIEWS.dead_letters)} <= set(client.list_topics().topics)

    await eventually(is_known)  # the answer to the creation comes before brokers tell of it
    yield broker
    await delete_topics(kafka_bootstrap_servers, prefix)


@pytest.fixture
def service(own_broker: Kafka) -> Iterator[Service]:
    with capture_logs():  # its consumer's words would stand among a command's
        yield Service(own_broker)


Command = Callable[..., Awaitable[Ran]]


@pytest.fixture
def events(service: Service, capsys: pytest.CaptureFixture[str]) -> Command:
    """``await events("lag", "--json")``: run a command of the service."""

    def run(*arguments: str, bootstrap_servers: str | None = None) -> int:
        settings = KafkaSettings(
            kafka_bootstrap_servers=bootstrap_servers or service.broker.bootstrap_servers,
            topic_prefix=service.broker.prefix,
        )
        try:
            run_events("test", arguments, settings=settings, groups=[service.subscription])
        except SystemExit as ending:
            return int(ending.code or 0)
        raise AssertionError("a command ends the process")

    async def run_apart(*arguments: str, **more: Any) -> Ran:
        code = await asyncio.to_thread(run, *arguments, **more)
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err + captured.out
        return Ran(code, captured.out, captured.err)

    return run_apart


@pytest.fixture
def letters(events: Command) -> Callable[[int], Awaitable[list[dict[str, Any]]]]:
    """``await letters(3)``: the open letters, once there are so many."""

    async def wait(count: int) -> list[dict[str, Any]]:
        async def enough() -> list[dict[str, Any]] | None:
            ran = await events("letters", "--json")
            assert ran.code == 0  # new topics have no leader for a moment
            found: list[dict[str, Any]] = ran.document
            return found if len(found) >= count else None

        return await eventually(enough, timeout_seconds=60)

    return wait
