"""The dead letters of several groups, as one list that can be asked."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from chassis.consumer_group import ConsumerGroup
from chassis.dead_letter_desk import DeadLetterDesk
from chassis.dead_letters import Letter
from chassis.kafka import Kafka
from chassis.operations.broker import Broker


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """An open letter, and the desk where it lies."""

    desk: DeadLetterDesk
    letter: Letter


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which letters are meant; None means all."""

    topic: str | None = None
    group: str | None = None
    key: str | None = None
    letter: int | None = None
    failed_only: bool = False

    def fits(self, letter: Letter, *, topic: str, group: str) -> bool:
        """Say whether a letter is meant, given its topic and group without prefix."""
        return (
            self.topic in {None, topic}
            and (self.group is None or group == self.group or group.startswith(f"{self.group}."))
            and (self.key is None or self.key == key_text(letter.key))
            and self.letter in {None, letter.offset}
            and (letter.kind == "failed" or not self.failed_only)
        )


class Desks:
    """The desks of groups. Its calls block.

    Parameters
    ----------
    kafka
        The broker.
    desks
        By the group that really exists, without prefix.
    """

    def __init__(self, kafka: Kafka, desks: dict[str, DeadLetterDesk]) -> None:
        self._kafka = kafka
        self._desks = desks

    def find(self, wanted: Filter) -> list[Filed]:
        """Find open letters, by group, topic and age.

        Raises
        ------
        KafkaException
            The broker does not answer; a retry is safe.
        """
        return [
            Filed(desk=desk, letter=letter)
            for group, desk in self._desks.items()
            for letter in desk.letters()
            if wanted.fits(letter, topic=self.plain(letter.topic), group=group)
        ]

    def is_settled(self, topic: str, letter: int) -> bool:
        """Say whether this was a letter once; after `find`."""
        return any(desk.is_settled(topic, letter) for desk in self._desks.values())

    def plain(self, name: str) -> str:
        """Give the name of a topic or group without the deployment's prefix."""
        return name.removeprefix(self._kafka.prefix)


@contextmanager
def open_desks(kafka: Kafka, broker: Broker, groups: Sequence[ConsumerGroup]) -> Iterator[Desks]:
    """Open a desk for every group that really exists."""
    with ExitStack() as closing:
        desks: dict[str, DeadLetterDesk] = {}
        for group in groups:
            for name in broker.real_groups(group):
                desks[name] = DeadLetterDesk(kafka=kafka, group=name, topics=group.topics)
                closing.callback(desks[name].close)
        yield Desks(kafka, desks)


def key_text(key: bytes | None) -> str | None:
    """Write a key as text; bytes that are none of it as escapes."""
    return None if key is None else key.decode("utf-8", "backslashreplace")
