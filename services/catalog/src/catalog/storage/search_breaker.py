"""A circuit breaker: who does not answer is not asked for a while."""

from collections.abc import Callable
from time import monotonic

FAILURES_TO_OPEN = 3
OPEN_SECONDS = 5.0
"""As long as a degraded answer is cached."""


class Breaker:
    """Counts failures in a row; after `FAILURES_TO_OPEN` lets one attempt pass each `OPEN_SECONDS`.

    Parameters
    ----------
    now_seconds
        A clock that never goes back.
    """

    def __init__(self, *, now_seconds: Callable[[], float] = monotonic) -> None:
        self._now_seconds = now_seconds
        self._failures = 0
        self._shut_until_seconds = 0.0

    def permits(self) -> bool:
        """Say whether to try now; a yes while failing is a single probe, so the caller has to try then."""
        if self._failures < FAILURES_TO_OPEN:
            return True
        now_seconds = self._now_seconds()
        if now_seconds < self._shut_until_seconds:
            return False
        self._shut_until_seconds = now_seconds + OPEN_SECONDS
        return True

    def note_success(self) -> None:
        """Note that the other side answered."""
        self._failures = 0

    def note_failure(self) -> None:
        """Note that the other side did not answer, or too late."""
        self._failures += 1
        self._shut_until_seconds = self._now_seconds() + OPEN_SECONDS
