"""What people ask of the marketplace's listing, and what they get."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import Any

from chassis.cursors import decode_cursor, encode_cursor
from chassis.errors import CursorInvalidError, FieldError, RequestInvalidError
from contracts.categories import CATEGORY_IDS
from contracts.search_index import searchable
from contracts.slugs import is_plugin_id

MAX_WORDS = 16
"""Words of a query that count; more would only make the engine work."""

TOTAL_LIMIT = 10_000
"""A total is counted up to here: beyond it nobody reads the number, and counting all hits costs more than finding."""

_LARGEST_KEY = 2**63 - 1
_POSITION_PARTS = 3
_WORD = re.compile(r"\w")


class Sort(StrEnum):
    """Orders of the listing; ties are broken by id, ascending."""

    RELEVANCE = "relevance"
    POPULARITY = "popularity"
    RATING = "rating"
    RECENT = "recent"


class Engine(StrEnum):
    """Who answers. Relevance is a number of each engine's own, the other sort keys are the same in both."""

    SEARCH = "search"
    DATABASE = "database"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowseRequest:
    """One listing.

    Parameters
    ----------
    text
        Plain words; None lists everything.
    category
        Id of the only category wanted.
    tags
        All of them are wanted; without duplicates, in order.
    sort
        Relevance only where there is a text.
    limit
        Plugins on a page.
    """

    text: str | None
    category: str | None
    tags: tuple[str, ...]
    sort: Sort
    limit: int

    @classmethod
    def of(
        cls, *, text: str | None, category: str | None, tags: Sequence[str], sort: Sort | None, limit: int
    ) -> "BrowseRequest":
        """Make a request of what a stranger sent.

        The text is normalized and cut to `MAX_WORDS` words; tags are in lower case.

        Raises
        ------
        RequestInvalidError
            The category is unknown, or the text has no visible character.
        """
        if category is not None and category not in CATEGORY_IDS:
            known = ", ".join(sorted(CATEGORY_IDS))
            raise _invalid("category", "unknown", f"there is no such category; known are {known}")
        words = searchable(text).split(" ")[:MAX_WORDS] if text is not None else None
        if words == [""]:
            raise _invalid("q", "blank", "the query has no visible character; leave it out to list everything")
        default = Sort.RELEVANCE if words else Sort.POPULARITY
        chosen = sort or default
        return cls(
            text=" ".join(words) if words else None,
            category=category,
            tags=tuple(sorted({searchable(tag).lower() for tag in tags})),
            sort=default if chosen is Sort.RELEVANCE else chosen,
            limit=limit,
        )

    @property
    def words(self) -> tuple[str, ...]:
        """The text's words that have a letter or digit, in lower case."""
        return tuple(word for word in (self.text or "").lower().split(" ") if _WORD.search(word))

    @property
    def listing(self) -> str:
        """What a cursor is bound to: everything but the page's length."""
        return "browse:" + json.dumps([self.text, self.category, self.tags, self.sort])


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ends.

    Parameters
    ----------
    engine
        Who gave the key.
    key
        The sort key of the last plugin, descending.
    plugin_id
        Its id, which breaks ties.
    """

    engine: Engine
    key: float
    plugin_id: str

    def is_known_to(self, engine: Engine, request: BrowseRequest) -> bool:
        """Say whether an engine can go on from here: a relevance of the other one says nothing to it."""
        return self.engine is engine or request.sort is not Sort.RELEVANCE

    def cursor(self, request: BrowseRequest) -> str:
        """Write the position for the client."""
        return encode_cursor(request.listing, [self.engine, self.key, self.plugin_id])


def position_of(request: BrowseRequest, cursor: str) -> Position:
    """Read a cursor.

    Raises
    ------
    CursorInvalidError
        It was not made for this listing.
    """
    maker, key, plugin_id = decode_cursor(request.listing, cursor, length=_POSITION_PARTS)
    wants_integer = request.sort is not Sort.RELEVANCE or maker == Engine.DATABASE
    if (
        not isinstance(maker, str)
        or maker not in set(Engine)
        or not _is_key(key, integer=wants_integer)
        or not (isinstance(plugin_id, str) and is_plugin_id(plugin_id))
    ):
        raise CursorInvalidError("the cursor does not name a position in this listing")
    return Position(Engine(maker), key, plugin_id)


@dataclass(frozen=True, slots=True)
class FacetValue:
    """How many plugins a filter would leave."""

    value: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPage:
    """A page as an engine gives it.

    Parameters
    ----------
    items
        PluginSummary documents as JSON bytes, in order, at most the request's limit.
    end
        Position of the last item; None where no further page follows.
    total
        Plugins that fit, at most `TOTAL_LIMIT`.
    categories
        Most frequent first; they ignore the category that was asked for, so that another can be chosen.
    tags
        Most frequent first, among what fits.
    """

    items: Sequence[bytes]
    end: Position | None
    total: int
    categories: Sequence[FacetValue]
    tags: Sequence[FacetValue]


def _is_key(key: Any, *, integer: bool) -> bool:  # noqa: ANN401 - comes from a stranger
    if isinstance(key, bool) or not isinstance(key, int | float):
        return False
    if integer and not isinstance(key, int):
        return False
    return isfinite(key) and abs(key) <= _LARGEST_KEY


def _invalid(parameter: str, code: str, detail: str) -> RequestInvalidError:
    return RequestInvalidError(detail, errors=[FieldError(code=code, detail=detail, parameter=parameter)])
