"""The change feed: which facts become public changes, and in which order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID


class ChangeType(StrEnum):
    """Types of the events that everybody may read."""

    DOCUMENT = "plugin-document.v1"
    REMOVAL = "plugin-document.removed.v1"
    VERSION = "plugin-version.published.v1"
    REVIEW_POSTED = "review.posted.v1"
    REVIEW_REMOVED = "review.removed.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One event that may become a change.

    Parameters
    ----------
    event_id, type, source, key, sequence, time
        Of the event on Kafka.
    data
        JSON; None for a removal.
    has_new_figures_only
        Of a document in which only counts changed.
    reviewer_id
        Whose review it is about; None for what is no review.
    """

    event_id: UUID
    type: ChangeType
    source: str
    key: str
    sequence: int
    time: datetime
    data: bytes | None
    has_new_figures_only: bool = False
    reviewer_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What an event of plugins.v1 says of a plugin's standing; never shown, it decides what is."""

    key: str
    sequence: int
    is_suspended: bool


Fact = Change | Standing


@dataclass(slots=True, kw_only=True)
class KeyState:
    """What the feed knows of one plugin; the columns of ``change_keys`` say what each means."""

    key: str
    is_listed: bool = False
    is_suspended: bool = False
    document_sequence: int = 0
    content_sequence: int = 0
    plugin_sequence: int = 0

    @property
    def is_public(self) -> bool:
        """Whether everybody may see the plugin, as far as the feed has been told."""
        return self.is_listed and not self.is_suspended


class Waiting(NamedTuple):
    """A change without position."""

    event_id: UUID
    is_document: bool


@dataclass(slots=True, kw_only=True)
class Arrangement:
    """What a batch of facts makes of the feed.

    Parameters
    ----------
    added
        Changes to keep.
    figures_only
        Ids of those that matter only to readers of counts.
    order
        Ids of changes that get a position now, in order; also of some that waited for it.
    dropped
        Ids of documents that waited, until a removal came.
    """

    added: list[Change] = field(default_factory=list)
    figures_only: set[UUID] = field(default_factory=set)
    order: list[UUID] = field(default_factory=list)
    dropped: list[UUID] = field(default_factory=list)


def arrange(
    facts: Iterable[Fact],
    *,
    states: Mapping[str, KeyState],
    waiting: Mapping[str, Sequence[Waiting]],
    known: frozenset[UUID],
    not_before: datetime,
) -> Arrangement:
    """Decide what becomes of facts, and bring the states up to date.

    A change gets its position while its plugin is public, and waits otherwise: the topics reach the feed in any order,
    and a version may be published while its plugin is suspended. What waited follows in order, documents first, so
    whoever follows is told of a plugin before anything of it. Only removals never wait.

    Parameters
    ----------
    facts
        In the order of their topics, per key.
    states
        Of every key among the facts; they are changed.
    waiting
        Key → changes that wait, in order.
    known
        Ids that the feed has had.
    not_before
        Versions and reviews older than this have been dropped before, and stay so when they come again.
    """
    work = _Work(states, waiting, not_before)
    seen = set(known)
    for fact in facts:
        if isinstance(fact, Standing):
            work.stand(fact)
        elif fact.event_id not in seen:
            seen.add(fact.event_id)
            work.take(fact)
        work.place(fact.key)
    return work.result


class _Work:
    """An arrangement in the making."""

    def __init__(
        self, states: Mapping[str, KeyState], waiting: Mapping[str, Sequence[Waiting]], not_before: datetime
    ) -> None:
        self._states = states
        self._waiting = {key: list(waiting.get(key, ())) for key in states}
        self._not_before = not_before
        self.result = Arrangement()

    def stand(self, standing: Standing) -> None:
        """Note a plugin's standing."""
        state = self._states[standing.key]
        if standing.sequence > state.plugin_sequence:
            state.plugin_sequence = standing.sequence
            state.is_suspended = standing.is_suspended

    def take(self, change: Change) -> None:
        """Take a change in, unless it is known to be of the past."""
        state, waiting = self._states[change.key], self._waiting[change.key]
        if change.type is ChangeType.REMOVAL and change.sequence > state.document_sequence:
            state.document_sequence = state.content_sequence = change.sequence
            state.is_listed = False
            self.result.dropped += [each.event_id for each in waiting if each.is_document]
            waiting[:] = [each for each in waiting if not each.is_document]
            self.result.added.append(change)
            self.result.order.append(change.event_id)
        elif change.type is ChangeType.DOCUMENT and change.sequence > state.document_sequence:
            # The first document of a plugin is news to everybody, whatever the event says of itself.
            if change.has_new_figures_only and state.is_listed:
                self.result.figures_only.add(change.event_id)
            else:
                state.content_sequence = change.sequence
            state.document_sequence, state.is_listed = change.sequence, True
            self.result.added.append(change)
            waiting.append(Waiting(change.event_id, is_document=True))
        elif change.type not in {ChangeType.DOCUMENT, ChangeType.REMOVAL} and change.time >= self._not_before:
            self.result.added.append(change)
            waiting.append(Waiting(change.event_id, is_document=False))

    def place(self, key: str) -> None:
        """Let what waits follow, if its plugin is public."""
        waiting = self._waiting[key]
        if waiting and self._states[key].is_public:
            self.result.order += [each.event_id for each in waiting if each.is_document]
            self.result.order += [each.event_id for each in waiting if not each.is_document]
            waiting.clear()
