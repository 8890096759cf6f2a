"""A breaker: what is known to be away is not asked again for a moment, and what is slow is not asked without bound."""

import math
import random
import time
from collections.abc import Callable
from types import TracebackType

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
        self._trying_until = 0.0

    @property
    def in_flight(self) -> int:
        """Calls under way."""
        return self._in_flight

    def attempt(self, counts_as_failure: tuple[type[BaseException], ...]) -> "Attempt":
        """Make a call inside of a ``with`` block.

        Parameters
        ----------
        counts_as_failure
            Exceptions that say the upstream is away; any other leaves the count alone.

        Raises
        ------
        ServiceUnavailableError
            On entering: the call is refused; nothing was sent.
        """
        return Attempt(self, counts_as_failure)

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

    def admit(self) -> bool:
        """Let a call pass; says whether it is the one that tries. `Attempt` calls this and the next."""
        if self._failures < FAILURES_TO_OPEN:
            return False
        now = self._now()
        remaining = max(self._open_until, self._trying_until) - now
        if remaining > 0:
            raise ServiceUnavailableError(self._name, retry_after_seconds=math.ceil(remaining))
        self._trying_until = now + OPEN_SECONDS[1]  # a try that takes longer, such as an upload, is not waited for
        return True

    def note(self, *, was_trying: bool, succeeded: bool | None) -> None:
        """Note how a call ended; None says nothing about the upstream."""
        if was_trying:
            self._trying_until = 0.0
        if succeeded:
            self._failures = 0
        elif succeeded is not None:
            self._failures += 1
            if self._failures >= FAILURES_TO_OPEN:
                self._open_until = self._now() + random.uniform(*OPEN_SECONDS)


class Attempt:
    """One guarded call; a class, since a generator would cost this path microseconds."""

    __slots__ = ("_breaker", "_failures", "_is_trying")

    def __init__(self, breaker: Breaker, failures: tuple[type[BaseException], ...]) -> None:
        self._breaker = breaker
        self._failures = failures

    def __enter__(self) -> None:
        self._is_trying = self._breaker.admit()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        failed = kind is not None and issubclass(kind, self._failures)
        self._breaker.note(was_trying=self._is_trying, succeeded=True if kind is None else False if failed else None)
