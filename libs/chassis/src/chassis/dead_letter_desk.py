"""The operator's side of dead letters: look at them, order a replay or a drop, see what came of it."""

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from chassis.dead_letter_topic import DeadLetterReader, DeadLetterWriter, read_letters
from chassis.dead_letters import Headers, Letter, Order, OrderKind, Outcome, order_headers, original_headers
from chassis.kafka import Kafka
from chassis.letter_book import LetterBook

_LOOK_SECONDS = 0.2

PlacedOrder = tuple[str, int]
"""The topic that an order is about (with prefix), and its offset among the dead letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterContent:
    """A letter with the message's own bytes and headers."""

    letter: Letter
    value: bytes | None
    headers: Headers


class DeadLetterDesk:
    """Dead letters of one group. Its calls block; close it.

    Parameters
    ----------
    kafka
        The broker.
    group
        Without prefix.
    topics
        Without prefix.
    """

    def __init__(self, *, kafka: Kafka, group: str, topics: Sequence[str]) -> None:
        self._kafka = kafka
        self._group = kafka.named(group)
        self._book = LetterBook(group=self._group)
        self._outcomes: list[tuple[PlacedOrder, Outcome]] = []
        self._reader = DeadLetterReader(
            kafka=kafka, topics=[kafka.named(topic) for topic in topics], book=self._book, observe=self._note
        )
        self._writer = DeadLetterWriter(kafka=kafka, book=self._book)

    def letters(self) -> list[Letter]:
        """Give the open letters as they are now, by topic and age.

        Raises
        ------
        KafkaException
            The broker does not answer; a retry is safe.
        """
        self._reader.catch_up()
        return sorted(self._book.open_letters(), key=lambda letter: (letter.topic, letter.offset))

    def contents(self, letters: Sequence[Letter]) -> list[LetterContent]:
        """Fetch what letters of one topic hold; those that the topic keeps no longer are left out."""
        return [
            LetterContent(letter=letter, value=value, headers=original_headers(headers))
            for letter, value, headers in read_letters(self._kafka, letters)
        ]

    def is_settled(self, topic: str, letter: int) -> bool:
        """Say whether this was a letter (topic without prefix) that is open no more; after `letters`."""
        return self._book.is_settled(self._kafka.named(topic), letter)

    def order(self, letter: Letter, kind: OrderKind) -> PlacedOrder:
        """Order a replay of the letter's key, or a drop of the letter.

        A second order does no harm: what is settled stays settled.
        """
        headers = order_headers(kind=kind, group=self._group, letter=letter.offset)
        return letter.topic, self._writer.write(letter.topic, key=letter.key, value=None, headers=headers)

    def follow(
        self, orders: Collection[PlacedOrder], *, timeout_seconds: float
    ) -> Iterator[tuple[PlacedOrder, Outcome]]:
        """Give what comes of orders, as it comes, until each is ``done``.

        Raises
        ------
        TimeoutError
            Nothing has come of the others for so long; a consumer that starts later carries them out.
        """
        deadline = time.monotonic() + timeout_seconds
        seen, waiting = 0, set(orders)
        while waiting:
            self._reader.read_new(wait_seconds=_LOOK_SECONDS)
            for order, outcome in self._outcomes[seen:]:
                seen += 1
                if order in waiting:
                    yield order, outcome
                    deadline = time.monotonic() + timeout_seconds
                    if outcome.kind == "done":
                        waiting.remove(order)
            if waiting and time.monotonic() > deadline:
                raise TimeoutError

    def close(self) -> None:
        """Close the connections."""
        self._reader.close()

    def _note(self, topic: str, record: Letter | Order | Outcome) -> None:
        if isinstance(record, Outcome) and record.group == self._group:
            self._outcomes.append(((topic, record.order), record))
