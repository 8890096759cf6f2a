"""What a store of counts gives and takes."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A key's window.

    Parameters
    ----------
    key
        Under which it is kept.
    quota, window_seconds
        As the limit's.
    """

    key: str
    quota: int
    window_seconds: int


@dataclass(frozen=True, slots=True)
class Used:
    """How much of a window is used, and the seconds until it ends; 0 where it has not begun."""

    used: int
    ends_in_seconds: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether all counts had room, and so were raised; else none was. `used` is in the order of the counts."""

    is_granted: bool
    used: Sequence[Used]
