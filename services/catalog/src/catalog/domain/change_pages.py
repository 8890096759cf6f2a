"""Reading the change feed: where a reader stands, what it wants, what it gets."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from catalog.domain.changes import ChangeType

KEPT_DAYS = 30
"""How long a reader may stay away and still miss nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Where a reader stands.

    Parameters
    ----------
    position
        It has been given everything up to here.
    caught_up_at
        Seconds since 1970 when it last had everything, or began; what was dropped since then it must have been shown.
    """

    position: int
    caught_up_at: int


Since = Mark | UUID | Literal["now"] | None
"""From where to read: a reader's mark, the last event it had, only what is new, or the beginning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a reader asks for.

    Parameters
    ----------
    types
        Of the events.
    with_figures
        Whether documents in which only counts changed are wanted too.
    limit, max_bytes
        Of one page; the first change is given however long it is.
    """

    types: tuple[ChangeType, ...] = tuple(ChangeType)
    with_figures: bool = False
    limit: int = 100
    max_bytes: int = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicChange:
    """A change as readers get it: `json` is the whole event as structured CloudEvents JSON on one line."""

    event_id: UUID
    type: str
    position: int
    json: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Changes in order.

    Parameters
    ----------
    changes
        Maybe none.
    is_last
        Whether nothing more was there.
    """

    changes: tuple[PublicChange, ...]
    is_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far the feed goes: up to `horizon` changes are missing, `newest` is the last position ever drawn."""

    horizon: int
    newest: int

    def holds_all_after(self, mark: Mark, *, now: int) -> bool:
        """Say whether a reader who stands there can be told everything that it has not been told.

        Parameters
        ----------
        now
            Seconds since 1970.
        """
        if mark.position > self.newest:
            return False  # of another feed, or of a database that was set back
        return mark.position >= self.horizon or now - mark.caught_up_at <= KEPT_DAYS * 86_400
