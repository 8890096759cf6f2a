"""Parking: a group's dead letters as its consumer sees them, and the orders about them that are its to carry out."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Sequence

import structlog
from prometheus_client import Counter, Gauge

from chassis.dead_letter_topic import DeadLetterReader, DeadLetterWriter, read_letters
from chassis.dead_letters import (
    Headers,
    Letter,
    LetterKind,
    Order,
    Outcome,
    OutcomeKind,
    letter_headers,
    original_headers,
    outcome_headers,
)
from chassis.group_reader import CLOSE_SECONDS, Record
from chassis.kafka import Kafka
from chassis.kafka_client import BlockingCalls
from chassis.letter_book import LetterBook
from contracts.envelope import Event, MalformedEventError

DEAD_LETTERS = Counter("dead_letters_total", "Messages sent to a dead-letter topic", ("topic", "group", "kind"))
OPEN_LETTERS = Gauge("dead_letters_open", "Dead letters that wait for somebody", ("topic", "group"))

EXPIRY_SECONDS = 600.0
"""Between two looks at which letters the topic keeps no longer: their keys are parked no longer either."""

REPLAY_CHUNK = 500
"""Letters held in memory at once: half a megabyte of ordinary ones."""

Apply = Callable[[Sequence[Event]], Awaitable[None]]
Content = tuple[Letter, bytes | None, Headers]

_log = structlog.get_logger()


class Parking:
    """Parks what failed, and what comes behind it, until an operator orders a replay.

    Only the consumer that owns a message's partition acts on its letters, between two batches: so a replay and the
    messages that follow cannot overtake each other.

    Parameters
    ----------
    kafka
        The broker.
    group
        With prefix.
    topics
        With prefix.
    """

    def __init__(self, *, kafka: Kafka, group: str, topics: tuple[str, ...]) -> None:
        self._kafka = kafka
        self._group = group
        self._topics = topics
        self._book = LetterBook(group=group)
        self._reader = DeadLetterReader(kafka=kafka, topics=topics, book=self._book)
        self._writer = DeadLetterWriter(kafka=kafka, book=self._book)
        self._call = BlockingCalls(f"letters-{group}")
        self._caught_up_at = time.monotonic()

    async def catch_up(self) -> None:
        """Learn what is parked; needed whenever partitions came, before their records are applied.

        Raises
        ------
        KafkaException
            The broker does not answer; a retry is safe.
        """
        gone = await self._call(self._reader.catch_up)
        self._caught_up_at = time.monotonic()
        for letter in gone:
            _log.error("dead_letter_expired", group=self._group, topic=letter.topic, letter=letter.offset)
        self._note()

    async def read_new(self) -> None:
        """Take in orders that have arrived; now and then, see which letters have expired."""
        if time.monotonic() - self._caught_up_at > EXPIRY_SECONDS:
            await self.catch_up()
            return
        await self._call(self._reader.read_new)
        self._note()

    async def close(self) -> None:
        """Close the connections."""
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._call(self._reader.close)
        except TimeoutError:
            _log.warning("close_given_up", group=self._group)
        finally:
            self._call.close()

    def is_parked(self, record: Record) -> bool:
        """Say whether the record has to wait behind a failed one of its key."""
        return self._book.is_parked(record.topic, record.key)

    async def give_up(self, record: Record, *, reason: str, attempts: int) -> None:
        """Make a failed record a letter; from now on its key is parked."""
        _log.error(
            "dead_letter", group=self._group, topic=record.topic, partition=record.partition, offset=record.offset,
            reason=reason[:500],
        )  # fmt: skip
        await self._post(record, kind="failed", reason=reason, attempts=attempts)

    async def let_wait(self, record: Record) -> None:
        """Make a record of a parked key a letter, behind those that are open."""
        first = self._book.first(record.topic, record.key)
        await self._post(record, kind="waiting", reason=f"waits behind letter {first.offset}", attempts=0)

    async def _post(self, record: Record, *, kind: LetterKind, reason: str, attempts: int) -> None:
        origin = (record.topic, record.partition, record.offset)
        headers = letter_headers(
            record.headers, kind=kind, group=self._group, reason=reason, attempts=attempts, origin=origin
        )
        await self._write(record.topic, key=record.key, value=record.value, headers=headers)
        DEAD_LETTERS.labels(record.topic, self._group, kind).inc()

    async def _write(self, topic: str, *, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        await self._call(self._writer.write, topic, key=key, value=value, headers=headers)

    async def carry_out_orders(self, assigned: Collection[tuple[str, int]], apply: Apply) -> None:
        """Carry out the pending orders about letters of assigned partitions, each once.

        Parameters
        ----------
        assigned
            Topics and partitions that are this consumer's.
        apply
            Applies events, once, and raises where it cannot.
        """
        for topic, order in self._book.pending_orders():
            partition = self._book.partition_of(topic, order.letter)
            if partition is not None and (topic, partition) not in assigned:
                continue
            letter = self._book.find(topic, order.letter)
            if letter is None:  # settled before; or unknown to all, then whoever reads the order first says so
                await self._settle(topic, order, order.letter, "done", reason="there is no such open letter")
            else:
                await self._carry_out(topic, order, letter, apply)

    async def _carry_out(self, topic: str, order: Order, letter: Letter, apply: Apply) -> None:
        if order.kind == "drop":
            await self._settle(topic, order, letter.offset, "dropped")
        # What waited behind a dropped letter has nothing to wait for any more, unless another failed one is before it.
        if letter.key is None:  # nothing waits behind it
            letters = [letter] if order.kind == "replay" else []
        else:
            letters = self._book.letters(topic, letter.key)
        if order.kind == "replay" or all(one.kind == "waiting" for one in letters):
            await self._replay(topic, order, letters, apply)
        await self._settle(topic, order, letter.offset, "done")

    async def _replay(self, topic: str, order: Order, letters: Sequence[Letter], apply: Apply) -> None:
        for start in range(0, len(letters), REPLAY_CHUNK):
            chunk = letters[start : start + REPLAY_CHUNK]
            contents = await self._call(lambda some: list(read_letters(self._kafka, some)), chunk)
            kept = {letter.offset for letter, _, _ in contents}
            for letter in chunk:
                if letter.offset not in kept:
                    await self._settle(topic, order, letter.offset, "dropped", reason="the topic keeps it no longer")
            if not await self._replay_all(topic, order, contents, apply):
                return

    async def _replay_all(self, topic: str, order: Order, contents: Sequence[Content], apply: Apply) -> bool:
        """Apply letters in order up to the first that fails; says whether none did."""
        for letter, value, headers in contents:
            try:
                await apply([Event.from_record(key=letter.key, value=value, headers=original_headers(headers))])
            except MalformedEventError as error:
                await self._settle(topic, order, letter.offset, "failed", reason=str(error))
                return False
            except Exception as error:  # noqa: BLE001 - the operator is told, the letter stays open
                _log.warning("replay_failed", group=self._group, topic=topic, letter=letter.offset, error=repr(error))
                await self._settle(topic, order, letter.offset, "failed", reason=repr(error))
                return False
            await self._settle(topic, order, letter.offset, "applied")
        return True

    async def _settle(self, topic: str, order: Order, letter: int, kind: OutcomeKind, *, reason: str = "") -> None:
        outcome = Outcome(key=order.key, kind=kind, group=self._group, letter=letter, order=order.offset, reason=reason)
        await self._write(topic, key=order.key, value=None, headers=outcome_headers(outcome))

    def _note(self) -> None:
        for topic in self._topics:
            OPEN_LETTERS.labels(topic, self._group).set(self._book.count(topic))
