"""A stored answer, and how fresh it is."""

import time
from dataclasses import dataclass, field, replace
from enum import Enum

from gateway.cache.directives import Directives, parse_cache_control
from gateway.cache.groups import parse_groups
from gateway.headers import find_header, without
from gateway.request import Headers
from gateway.upstream_answer import UpstreamAnswer

STORABLE_STATUSES = frozenset({200, 203, 204, 300, 301, 308, 404, 410})
"""Heuristically cacheable ones of RFC 9110, 15.1, without 206; only with an explicit lifetime here."""

_OVERHEAD_BYTES = 800
"""Of the objects around a small answer, measured with tracemalloc to the nearest hundred."""

_UNDERSTOOD_VARY = frozenset({"accept-encoding", "origin"})
"""Services never see these two, so their answers do not vary by them."""


class Freshness(Enum):
    """What an entry may be used for."""

    FRESH = "fresh"
    REVALIDATING = "revalidating"
    """Serve it and fetch a newer one meanwhile."""
    ON_ERROR = "on error"
    """Serve it only if no newer one can be had."""
    EXPIRED = "expired"


@dataclass(slots=True, kw_only=True)
class Entry:
    """An answer that can be given again.

    Parameters
    ----------
    status, headers, body
        The answer; headers without Age and Content-Length.
    etag
        Its validator.
    groups
        The cache groups that purge it.
    directives
        Its lifetimes.
    initial_age_seconds
        Its age when it came.
    stored_at
        Monotonic second at which it came.
    """

    status: int
    headers: Headers
    body: bytes
    etag: bytes | None
    groups: frozenset[str]
    directives: Directives
    initial_age_seconds: float = 0.0
    stored_at: float = field(default_factory=time.monotonic)

    @classmethod
    def of(cls, answer: UpstreamAnswer, *, stored_at: float) -> "Entry":
        """Make an entry of an answer whose body has been read."""
        age = find_header(answer.headers, b"age")
        return cls(
            status=answer.status,
            headers=without(answer.headers, b"age", b"content-length", b"set-cookie"),
            body=answer.body,
            etag=find_header(answer.headers, b"etag"),
            groups=parse_groups(find_header(answer.headers, b"cache-groups")),
            directives=parse_cache_control(find_header(answer.headers, b"cache-control")),
            initial_age_seconds=float(age) if age is not None and age.isdigit() else 0.0,
            stored_at=stored_at,
        )

    @property
    def size_bytes(self) -> int:
        """Memory that it takes, about."""
        return len(self.body) + sum(len(name) + len(value) + 100 for name, value in self.headers) + _OVERHEAD_BYTES

    def is_storable(self, *, asked_with_authorization: bool) -> bool:
        """Say whether a shared cache may keep it (RFC 9111, section 3)."""
        return (
            self.status in STORABLE_STATUSES
            and self.directives.storable
            and (self.directives.is_public or not asked_with_authorization)
            and self._vary() <= _UNDERSTOOD_VARY
        )

    def age_seconds(self, now: float) -> float:
        """Give its age; `now` is monotonic."""
        return self.initial_age_seconds + max(0.0, now - self.stored_at)

    def freshness(self, now: float, *, longest_seconds: float) -> Freshness:
        """Say what it may be used for.

        Parameters
        ----------
        now
            Monotonic seconds.
        longest_seconds
            Upper bound of its fresh life, while purges may be missed.
        """
        age = self.age_seconds(now)
        fresh_seconds = min(self.directives.fresh_seconds, longest_seconds)
        if age < fresh_seconds:
            return Freshness.FRESH
        if age < fresh_seconds + self.directives.stale_while_revalidate_seconds:
            return Freshness.REVALIDATING
        if age < fresh_seconds + self.directives.stale_if_error_seconds:
            return Freshness.ON_ERROR
        return Freshness.EXPIRED

    def refreshed(self, answer: UpstreamAnswer, *, stored_at: float) -> "Entry":
        """Give the entry as a 304 answer freshens it (RFC 9111, section 4.3.4)."""
        update = Entry.of(answer, stored_at=stored_at)
        renewed = {name for name, _ in update.headers}
        headers = [*without(self.headers, *renewed), *update.headers]
        merged = find_header(headers, b"cache-groups")
        return replace(
            update,
            status=self.status,
            headers=headers,
            body=self.body,
            etag=update.etag or self.etag,
            groups=parse_groups(merged),
            directives=parse_cache_control(find_header(headers, b"cache-control")),
        )

    def _vary(self) -> set[str]:
        field_value = find_header(self.headers, b"vary") or b""
        return {part.strip().lower() for part in field_value.decode("latin-1").split(",") if part.strip()}
