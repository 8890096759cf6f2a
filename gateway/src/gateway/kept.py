"""What was found about a caller is kept in this process for a moment, which bounds how long it outlives its end."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

KEPT_SECONDS = 1.0
MAX_KEPT = 10_000

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Kept(Generic[V]):
    """Something that is still kept; also that there was nothing is something."""

    value: V
    until: float


class KeptForAMoment(Generic[K, V]):
    """A bounded memory of `KEPT_SECONDS`; the one kept for longest gives way where there are too many.

    Parameters
    ----------
    monotonic
        Monotonic seconds.
    """

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._kept: OrderedDict[K, Kept[V]] = OrderedDict()

    def find(self, key: K) -> Kept[V] | None:
        """Give what is kept, unless its moment is over."""
        kept = self._kept.get(key)
        return kept if kept is not None and kept.until > self._monotonic() else None

    def keep(self, key: K, value: V, *, asked_at: float) -> None:
        """Keep what was asked for at a moment: a slow answer is the older for it."""
        self._kept[key] = Kept(value, asked_at + KEPT_SECONDS)
        self._kept.move_to_end(key)
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)

    def forget(self, key: K) -> None:
        """Keep it no longer."""
        self._kept.pop(key, None)
