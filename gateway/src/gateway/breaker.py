"""A breaker: what is known to be away is not asked again for a moment, and what is slow is not asked without bound."""

import math
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from chassis.errors import ServiceUnavailableError

FAILURES_TO_OPEN = 5
"""Consecutive failures; one or two happen whenever a service restarts."""

OPEN_SECONDS = (1.0, 2.0)
"""Drawn from this range, so that several gateways do not come back at once."""


class Breaker:
    """Guards calls of one upstream.

    Closed, it lets calls pass. After `FAILURES_TO_OPEN` consecutive failures it opens: calls are refused at once. After
    a second or two it lets a single call try; that call's success closes it.

    Parameters
    ----------
    name
        The upstream, for messages.
    max_in_flight
        Calls at the same time; more are refused at once, since waiting would only move the queue here.
    now
        Monotonic seconds.
    """

    def __init__(self, name: str, *, max_in_flight: int, now: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._max_in_flight = max_in_flight
        self._now = now
        self._in_flight = 0
        self._failures = 0
        self._open_until = 0.0
        self._trying = False

    @property
    def in_flight(self) -> int:
        """Calls under way."""
        return self._in_flight

    @contextmanager
    def attempt(self, counts_as_failure: tuple[type[BaseException], ...]) -> Iterator[None]:
        """Make a call inside of this block.

        Parameters
        ----------
        counts_as_failure
            Exceptions that say the upstream is away; any other leaves the count alone.

        Raises
        ------
        ServiceUnavailableError
            The call is refused; nothing was sent.
        """
        trial = self._admit()
        try:
            yield
        except counts_as_failure:
            self._fail()
            raise
        else:
            self._failures = 0
            self._open_until = 0.0
        finally:
            if trial:
                self._trying = False

    def acquire(self) -> None:
        """Take a place among the calls under way; `release` gives it back.

        Raises
        ------
        ServiceUnavailableError
            All places are taken; nothing was sent.
        """
        if self._in_flight >= self._max_in_flight:
            raise ServiceUnavailableError(self._name, retry_after_seconds=1)
        self._in_flight += 1

    def release(self) -> None:
        """Give a place back."""
        self._in_flight -= 1

    def _admit(self) -> bool:
        if self._failures < FAILURES_TO_OPEN:
            return False
        remaining = self._open_until - self._now()
        if remaining > 0 or self._trying:
            raise ServiceUnavailableError(self._name, retry_after_seconds=max(1, math.ceil(remaining)))
        self._trying = True
        return True

    def _fail(self) -> None:
        self._failures += 1
        if self._failures >= FAILURES_TO_OPEN:
            self._open_until = self._now() + random.uniform(*OPEN_SECONDS)
