"""Counts of this process alone: less exact than the shared ones, and never away."""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from auth.storage.limits.counts import Count, Used, Verdict

MAX_KEYS = 100_000
"""About 20 MiB. The limits for all bound how fast keys can be added, so only what is long unused is ever dropped."""


@dataclass(slots=True)
class _Window:
    used: int
    ends_at: float


class LocalCounts:
    """Windows in memory; the one unused for longest gives way where there are too many.

    Parameters
    ----------
    max_keys
        How many are kept.
    monotonic
        Source of the present, in seconds.
    """

    def __init__(self, *, max_keys: int = MAX_KEYS, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._windows: OrderedDict[str, _Window] = OrderedDict()
        self._max_keys = max_keys
        self._monotonic = monotonic

    def take(self, counts: Sequence[Count]) -> Verdict:
        """Raise every count, or none where one has no room."""
        now = self._monotonic()
        windows = [self._find(count.key, now) for count in counts]
        is_granted = all(
            window is None or window.used < count.quota for window, count in zip(windows, counts, strict=True)
        )
        if is_granted:
            for count in counts:
                self._raise(count, now)
        return Verdict(is_granted, [self._used(count.key, now) for count in counts])

    def give_back(self, counts: Sequence[Count], *, forget: bool = False) -> list[Used]:
        """Lower every count again, or end its window."""
        now = self._monotonic()
        for count in counts:
            window = self._find(count.key, now)
            if window is not None:
                window.used -= 1
                if forget or window.used <= 0:
                    del self._windows[count.key]
        return [self._used(count.key, now) for count in counts]

    def _raise(self, count: Count, now: float) -> None:
        window = self._windows.get(count.key)
        if window is None:
            self._windows[count.key] = _Window(1, now + count.window_seconds)
            if len(self._windows) > self._max_keys:
                self._windows.popitem(last=False)
        else:
            window.used += 1
            self._windows.move_to_end(count.key)

    def _find(self, key: str, now: float) -> _Window | None:
        window = self._windows.get(key)
        if window is not None and window.ends_at <= now:
            del self._windows[key]
            return None
        return window

    def _used(self, key: str, now: float) -> Used:
        window = self._windows.get(key)
        return Used(0, 0) if window is None else Used(window.used, window.ends_at - now)
