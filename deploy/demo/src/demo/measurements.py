"""What was measured and counted, compared with its target."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field


def percentile(values: Sequence[float], percent: float) -> float:
    """Give the nearest-rank percentile: a value that was measured, never one in between.

    Raises
    ------
    ValueError
        There are no values.
    """
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    return ordered[max(math.ceil(percent / 100 * len(ordered)), 1) - 1]


@dataclass
class Measurement:
    """Durations of one kind.

    Parameters
    ----------
    title
        What a person reads.
    target_seconds
        What the 95th percentile should not exceed on an idle machine.
    seconds
        The durations.
    """

    title: str
    target_seconds: float
    seconds: list[float] = field(default_factory=list)

    @property
    def is_met(self) -> bool:
        """Whether the 95th percentile is within the target; only where something was measured."""
        return percentile(self.seconds, 95) <= self.target_seconds


@dataclass
class Findings:
    """Everything that the demo reports at its end."""

    searchable: Measurement = field(default_factory=lambda: Measurement("approved → searchable", 2.0))
    counted: Measurement = field(default_factory=lambda: Measurement("install → count visible", 10.0))
    activated: Measurement = field(default_factory=lambda: Measurement("cold activation", 0.5))
    counts: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def count(self, what: str, number: int = 1) -> None:
        """Add to one of the counts; they are shown in the order in which they first appear."""
        self.counts[what] += number
