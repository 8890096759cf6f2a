"""What is open among a group's dead letters, as the records of the dead-letter topics say in their order."""

from collections import Counter
from collections.abc import Iterator

from chassis.dead_letters import Letter, Order, Outcome

Place = tuple[str, bytes | None]
"""A topic (the messages' own, with prefix) and a key of it."""


class LetterBook:
    """Folds records into open letters and pending orders. Folding one twice changes nothing.

    Parameters
    ----------
    group
        The consumer group with prefix; other groups' records are passed over.
    """

    def __init__(self, *, group: str) -> None:
        self._group = group
        self._open: dict[Place, dict[int, Letter]] = {}
        self._counts: Counter[str] = Counter()
        # Per topic, with their origin partitions: letters that a repeated record must not open again.
        self._settled: dict[str, dict[int, int | None]] = {}
        self._orders: dict[tuple[str, int], Order] = {}
        self._done: set[tuple[str, int]] = set()

    def fold(self, topic: str, record: Letter | Order | Outcome | None) -> None:
        """Take in the next record of a topic's dead letters."""
        if record is None or record.group != self._group:
            return
        match record:
            case Letter():
                if record.offset not in self._settled.get(topic, ()):
                    letters = self._open.setdefault((topic, record.key), {})
                    self._counts[topic] += record.offset not in letters
                    letters[record.offset] = record
            case Order():
                if (topic, record.offset) not in self._done:
                    self._orders[topic, record.offset] = record
            case Outcome(kind="done"):
                self._done.add((topic, record.order))
                self._orders.pop((topic, record.order), None)
            case Outcome(kind="applied" | "dropped"):
                self._settle(topic, record)
            case Outcome():
                pass  # tried in vain: the letter stays open

    def _settle(self, topic: str, outcome: Outcome) -> None:
        letter = self._close(topic, outcome.key, outcome.letter)
        settled = self._settled.setdefault(topic, {})
        settled.setdefault(outcome.letter, letter.partition if letter else None)

    def _close(self, topic: str, key: bytes | None, offset: int) -> Letter | None:
        letters = self._open.get((topic, key), {})
        letter = letters.pop(offset, None)
        self._counts[topic] -= letter is not None
        if not letters:
            self._open.pop((topic, key), None)
        return letter

    def is_parked(self, topic: str, key: bytes | None) -> bool:
        """Say whether messages of this key have to wait. Those without a key never do."""
        return key is not None and (topic, key) in self._open

    def letters(self, topic: str, key: bytes | None) -> list[Letter]:
        """Give the open letters of a key, oldest first."""
        return sorted(self._open.get((topic, key), {}).values(), key=lambda letter: letter.offset)

    def first(self, topic: str, key: bytes | None) -> Letter:
        """Give the oldest open letter of a parked key."""
        letters = self._open[topic, key]
        return letters[min(letters)]

    def count(self, topic: str) -> int:
        """Say how many letters of a topic are open; it is asked for on every turn, so it is not counted then."""
        return self._counts[topic]

    def open_letters(self) -> Iterator[Letter]:
        """Give every open letter."""
        for letters in self._open.values():
            yield from letters.values()

    def find(self, topic: str, offset: int) -> Letter | None:
        """Find an open letter by its offset on the dead-letter topic."""
        return next((one for one in self.open_letters() if (one.topic, one.offset) == (topic, offset)), None)

    def is_settled(self, topic: str, offset: int) -> bool:
        """Say whether this was a letter that has been applied or dropped."""
        return offset in self._settled.get(topic, {})

    def forget_before(self, topic: str, offset: int) -> list[Letter]:
        """Close the letters that their topic keeps no longer, and give them."""
        gone = [one for one in self.open_letters() if one.topic == topic and one.offset < offset]
        for letter in gone:
            self._close(letter.topic, letter.key, letter.offset)
        return gone

    def partition_of(self, topic: str, offset: int) -> int | None:
        """Give the origin partition of a letter, open or settled; None where it is not known, or known no longer."""
        letter = self.find(topic, offset)
        return letter.partition if letter else self._settled.get(topic, {}).get(offset)

    def pending_orders(self) -> list[tuple[str, Order]]:
        """Give the orders that nobody has carried out, with their topics, oldest first."""
        return [(topic, order) for (topic, _), order in sorted(self._orders.items())]
