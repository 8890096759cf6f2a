"""Keys that fail are parked and replayed in order, on a real broker."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import TypeVar
from uuid import uuid4

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from chassis.consumer import Consumer, Subscription
from chassis.dead_letter_desk import DeadLetterDesk
from chassis.dead_letters import Letter, OrderKind, Outcome
from chassis.kafka import Kafka
from chassis.kafka_client import plain_producer
from chassis.process import Heartbeat
from contracts.envelope import Event
from contracts.topics import REVIEWS
from testkit.waiting import eventually

T = TypeVar("T")


class Service:
    """Something that applies events, unless they are among those that it chokes on."""

    def __init__(self, broker: Kafka) -> None:
        self.broker = broker
        self.producer = plain_producer(broker)
        self.group = uuid4().hex
        self.poison: set[tuple[str, int]] = set()
        self.failures_left: dict[tuple[str, int], int] = {}
        self.applied: list[tuple[str, int]] = []
        self.tries: list[tuple[str, int]] = []

    async def handle(self, events: Sequence[Event]) -> None:
        mine = [(event.key, event.sequence) for event in events if event.key.startswith(self.group)]
        self.tries += mine
        for one in mine:
            if self.failures_left.get(one, 0) > 0:
                self.failures_left[one] -= 1
                raise ValueError(f"cannot apply {one[1]} yet")
            if one in self.poison:
                raise ValueError(f"cannot apply {one[1]}")
        self.applied += mine

    def of(self, key: str) -> list[int]:
        return [sequence for one, sequence in self.applied if one == key]

    @asynccontextmanager
    async def running(self, count: int = 1) -> AsyncIterator[None]:
        subscription = Subscription(
            group=self.group, topics=(REVIEWS.name,), handler=self.handle, retry_seconds=(0.01, 0.01)
        )
        tasks = [
            asyncio.create_task(Consumer(kafka=self.broker, subscription=subscription, heartbeat=Heartbeat()).run())
            for _ in range(count)
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task

    async def send(self, key: str, *sequences: int) -> None:
        for sequence in sequences:
            event = Event(
                id=uuid4(), type="review.posted.v1", source="/test", key=key, sequence=sequence,
                time=datetime.now(UTC), data=b"{}", traceparent=f"00-{sequence:032x}-{1:016x}-01",
            )  # fmt: skip
            self.producer.produce(
                self.broker.named(REVIEWS.name), key=key.encode(), value=event.data, headers=[*event.headers()]
            )
        await asyncio.to_thread(self.producer.flush)

    def _desk(self) -> DeadLetterDesk:
        return DeadLetterDesk(kafka=self.broker, group=self.group, topics=(REVIEWS.name,))

    async def letters(self) -> list[Letter]:
        """The open letters of this test's keys: others send nonsense to the same topic."""
        found = await self._with_desk(lambda desk: desk.letters())
        return [letter for letter in found if letter.key and letter.key.startswith(self.group.encode())]

    async def order(self, letter: Letter, kind: OrderKind) -> list[Outcome]:
        return await self._with_desk(
            lambda desk: [one for _, one in desk.follow([desk.order(letter, kind)], timeout_seconds=30)]
        )

    async def _with_desk(self, work: Callable[[DeadLetterDesk], T]) -> T:
        desk = self._desk()
        try:
            return await asyncio.to_thread(work, desk)
        finally:
            await asyncio.to_thread(desk.close)


@pytest.fixture
def service(broker: Kafka) -> Service:
    return Service(broker)


@pytest.fixture
def expiring(broker: Kafka) -> Callable[[int], Awaitable[None]]:
    """``await expiring(offset)`` makes the dead-letter topic forget all before the offset, as time does."""

    async def expire(offset: int) -> None:
        admin = AdminClient({"bootstrap.servers": broker.bootstrap_servers})
        place = TopicPartition(broker.named(REVIEWS.dead_letters), 0, offset)
        for done in admin.delete_records([place]).values():
            await asyncio.wrap_future(done)

    return expire


async def _some_letters(service: Service, count: int) -> list[Letter]:
    async def enough() -> list[Letter] | None:
        letters = await service.letters()
        return letters if len(letters) >= count else None

    return await eventually(enough, timeout_seconds=40)


async def test_a_failing_key_waits_as_a_whole_while_others_flow_and_a_replay_applies_it_in_order(
    service: Service,
) -> None:
    bad, good = f"{service.group}-bad", f"{service.group}-good"
    service.poison = {(bad, 2)}
    await service.send(bad, 1, 2, 3)
    async with service.running():
        letters = await _some_letters(service, 2)
        await service.send(bad, 4)
        await service.send(good, 1)
        await eventually(lambda: service.of(good) == [1], timeout_seconds=30)
        letters = await _some_letters(service, 3)
        assert [(letter.kind, letter.attempts) for letter in letters] == [("failed", 3), ("waiting", 0), ("waiting", 0)]
        assert "cannot apply 2" in letters[0].reason
        assert letters[0].trace_id == f"{2:032x}"
        assert service.of(bad) == [1]

        service.poison.clear()
        outcomes = await service.order(letters[0], "replay")
        assert [outcome.kind for outcome in outcomes] == ["applied", "applied", "applied", "done"]
        assert service.of(bad) == [1, 2, 3, 4]
        assert await service.letters() == []
        await service.send(bad, 5)
        await eventually(lambda: service.of(bad) == [1, 2, 3, 4, 5], timeout_seconds=30)


async def test_a_replay_that_fails_again_leaves_the_letter_open_and_says_why(service: Service) -> None:
    key = f"{service.group}-key"
    service.poison = {(key, 1)}
    await service.send(key, 1, 2)
    async with service.running():
        letters = await _some_letters(service, 2)
        outcomes = await service.order(letters[0], "replay")
        assert [outcome.kind for outcome in outcomes] == ["failed", "done"]
        assert "cannot apply 1" in outcomes[0].reason
        assert await service.letters() == letters
    assert service.of(key) == []


async def test_each_message_of_a_key_gets_attempts_of_its_own(service: Service) -> None:
    key = f"{service.group}-key"
    service.failures_left = {(key, 1): 3}
    service.poison = {(key, 2)}
    await service.send(key, 1, 2)
    async with service.running():
        (letter,) = await _some_letters(service, 1)
    assert service.of(key) == [1]
    assert ("cannot apply 2" in letter.reason, letter.attempts) == (True, 3)


async def test_after_a_drop_what_waited_behind_is_applied(service: Service) -> None:
    key = f"{service.group}-key"
    service.poison = {(key, 1)}
    await service.send(key, 1, 2, 3)
    async with service.running():
        letters = await _some_letters(service, 3)
        outcomes = await service.order(letters[0], "drop")
        assert [outcome.kind for outcome in outcomes] == ["dropped", "applied", "applied", "done"]
        assert await service.letters() == []
    assert service.of(key) == [2, 3]


async def test_a_key_stays_parked_over_a_restart_and_an_order_waits_for_the_next_start(service: Service) -> None:
    key = f"{service.group}-key"
    service.poison = {(key, 1)}
    await service.send(key, 1)
    async with service.running():
        letters = await _some_letters(service, 1)
    await service.send(key, 2)
    async with service.running():
        await _some_letters(service, 2)
    service.poison.clear()
    waiting = asyncio.create_task(service.order(letters[0], "replay"))
    async with service.running():
        assert [outcome.kind for outcome in await waiting] == ["applied", "applied", "done"]
    assert service.of(key) == [1, 2]


async def test_an_order_is_carried_out_once_by_the_owner_of_the_partition(service: Service) -> None:
    keys = [f"{service.group}-{number}" for number in range(8)]
    service.poison = {(key, 1) for key in keys}
    for key in keys:
        await service.send(key, 1)
    async with service.running(3):
        letters = await _some_letters(service, len(keys))
        service.poison.clear()
        outcomes = await asyncio.gather(*(service.order(letter, "replay") for letter in letters))
        assert [[outcome.kind for outcome in given] for given in outcomes] == [["applied", "done"]] * len(keys)
    assert sorted(service.applied) == [(key, 1) for key in keys]


async def test_a_letter_that_expired_is_said_to_be_gone_and_parks_its_key_no_longer(
    service: Service, expiring: Callable[[int], Awaitable[None]]
) -> None:
    key = f"{service.group}-key"
    service.poison = {(key, 1)}
    await service.send(key, 1)
    async with service.running():
        (letter,) = await _some_letters(service, 1)
        await expiring(letter.offset + 1)
        outcomes = await service.order(letter, "replay")
        assert [(outcome.kind, outcome.reason) for outcome in outcomes] == [
            ("dropped", "the topic keeps it no longer"),
            ("done", ""),
        ]
        await service.send(key, 2)
        await eventually(lambda: service.of(key) == [2], timeout_seconds=30)


async def test_an_order_about_no_letter_is_answered(service: Service) -> None:
    key = f"{service.group}-key"
    service.poison = {(key, 1)}
    await service.send(key, 1)
    async with service.running():
        (letter,) = await _some_letters(service, 1)
        await service.order(letter, "drop")
        (outcome,) = await service.order(letter, "replay")
    assert (outcome.kind, outcome.reason) == ("done", "there is no such open letter")


async def test_records_of_unknown_make_among_the_dead_letters_are_passed_over(service: Service) -> None:
    key = f"{service.group}-key"
    for headers in ([], [("x-dead-letter", b"failed")], [("x-dead-letter", b"\xff")], [("x-letter-offset", b"x")]):
        service.producer.produce(service.broker.named(REVIEWS.dead_letters), key=key.encode(), headers=[*headers])
    await asyncio.to_thread(service.producer.flush)
    await service.send(key, 1)
    async with service.running():
        await eventually(lambda: service.of(key) == [1], timeout_seconds=30)
    assert await service.letters() == []


async def test_members_that_come_and_go_lose_nothing_and_keep_the_order_of_each_key(service: Service) -> None:
    keys = [f"{service.group}-{number}" for number in range(12)]
    rounds, size = 4, 20

    def reached() -> bool:
        return all(sequence in service.of(key) for key in keys)

    async with service.running():
        for first in range(1, rounds * size, size):
            async with service.running():  # joins and leaves while events flow
                for sequence in range(first, first + size):
                    await asyncio.gather(*(service.send(key, sequence) for key in keys))
                await eventually(reached, timeout_seconds=60)
    for key in keys:
        assert list(dict.fromkeys(service.of(key))) == list(range(1, rounds * size + 1))
    assert await service.letters() == []
