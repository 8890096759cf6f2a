"""The operator's side of dead letters: look at them, order a replay or a drop, see what came of it."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chassis.dead_letter_topic import DeadLetterReader, DeadLetterWriter, read_letters
from chassis.dead_letters import Headers, Letter, Order, OrderKind, Outcome, order_headers, original_headers
from chassis.kafka import Kafka
from chassis.letter_book import LetterBook

_LOOK_SECONDS = 0.2


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
        self._outcomes: list[Outcome] = []
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

    def order(self, letter: Letter, kind: OrderKind) -> int:
        """Order a replay of the letter's key, or a drop of the letter; returns the order's number.

        A second order does no harm: what is settled stays settled.
        """
        headers = order_headers(kind=kind, group=self._group, letter=letter.offset)
        return self._writer.write(letter.topic, key=letter.key, value=None, headers=headers)

    def follow(self, order: int, *, timeout_seconds: float) -> Iterator[Outcome]:
        """Give what comes of an order, as it comes, the last being ``done``.

        Raises
        ------
        TimeoutError
            Nobody carried it out in time; a consumer that starts later will.
        """
        deadline = time.monotonic() + timeout_seconds
        seen = 0
        while True:
            self._reader.read_new(wait_seconds=_LOOK_SECONDS)
            for outcome in self._outcomes[seen:]:
                seen += 1
                if outcome.order == order:
                    yield outcome
                    if outcome.kind == "done":
                        return
                    deadline = time.monotonic() + timeout_seconds
            if time.monotonic() > deadline:
                raise TimeoutError

    def close(self) -> None:
        """Close the connections."""
        self._reader.close()

    def _note(self, _topic: str, record: Letter | Order | Outcome) -> None:
        if isinstance(record, Outcome) and record.group == self._group:
            self._outcomes.append(record)
