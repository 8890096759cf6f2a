"""The lives of the index: each is filled from the topic's beginning, beside the one that is being read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

GROUP = "search-indexer.documents"

_NUMBER = re.compile(r"-(\d{6})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One index of this code's mapping.

    Parameters
    ----------
    index
        Its name, such as ``plugins-0c3f5a91b2d4-000002``.
    number
        From 1; a later one replaces an earlier one.
    uuid
        Another one whenever an index was created anew, also under a former name.
    created_ms
        Of the engine's clock, in milliseconds.
    """

    index: str
    number: int
    uuid: str
    created_ms: int

    @property
    def group(self) -> str:
        """Name of the consumer group that fills it.

        A new index is a new group, which reads the topic from its beginning. Offsets of former ones expire in Kafka.
        """
        return f"{GROUP}.{self.uuid}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadIndex:
    """The index that readers use, of whatever mapping: its name, and when it was created on the engine's clock."""

    index: str
    created_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexState:
    """What the engine has at one moment.

    Parameters
    ----------
    generations
        Of this code's mapping, by number.
    read
        What readers use; None where the alias does not exist.
    """

    generations: Sequence[Generation]
    read: ReadIndex | None

    @property
    def newest(self) -> Generation | None:
        """The generation with the highest number."""
        return self.generations[-1] if self.generations else None

    @property
    def being_read(self) -> Generation | None:
        """The generation that readers use; None where they use none, or an index of another mapping."""
        name = self.read.index if self.read is not None else None
        return next((each for each in self.generations if each.index == name), None)

    @property
    def being_filled(self) -> Generation | None:
        """The generation that readers shall use as soon as it holds everything.

        An index of another mapping that was created later stays: while two releases run side by side, the older one
        must not take its readers back.
        """
        newest, read = self.newest, self.read
        if newest is None or newest == self.being_read or (read is not None and newest.created_ms < read.created_ms):
            return None
        return newest

    @property
    def is_rebuilt(self) -> bool:
        """Whether a generation is being filled beside one that is read and fed."""
        return self.being_filled is not None and self.being_read is not None

    @property
    def replaced(self) -> Sequence[Generation]:
        """Generations that readers have left for a later one."""
        read = self.being_read
        return [each for each in self.generations if read is not None and each.number < read.number]

    @property
    def serves_readers(self) -> bool:
        """Whether readers have an index, and it is of this mapping or of a later release's."""
        return self.read is not None and self.newest is not None and (bool(self.being_read) or not self.being_filled)


def generation_name(name: str, number: int) -> str:
    """Name a generation of the index called `name`."""
    return f"{name}-{number:06d}"


def number_of(index: str, *, name: str) -> int | None:
    """Read the number of a generation of the index called `name`; None where the index is no such."""
    found = _NUMBER.fullmatch(index.removeprefix(name)) if index.startswith(name) else None
    return int(found[1]) if found else None
