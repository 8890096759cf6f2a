"""The ratings of one plugin."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

STARS = (1, 2, 3, 4, 5)


def average_rating(*, rating_sum: int, rating_count: int) -> float:
    """Give the mean number of stars, not rounded, so that the sum can be had back; 0 without reviews."""
    return rating_sum / rating_count if rating_count else 0.0


@dataclass(frozen=True, slots=True)
class Ratings:
    """How many reviews gave how many stars.

    Parameters
    ----------
    histogram
        Five numbers of reviews: with 1, 2, 3, 4 and 5 stars.
    """

    histogram: tuple[int, ...]

    @classmethod
    def of(cls, histogram: Sequence[int]) -> Self:
        """Make ratings from five stored numbers."""
        return cls(tuple(histogram))

    def replaced(self, *, before: int | None, after: int | None) -> "Ratings":
        """Give the ratings after one user's stars changed; None stands for no review."""
        counts = list(self.histogram)
        if before is not None:
            counts[before - 1] -= 1
        if after is not None:
            counts[after - 1] += 1
        return Ratings(tuple(counts))

    @property
    def count(self) -> int:
        """Number of reviews."""
        return sum(self.histogram)

    @property
    def sum(self) -> int:
        """All stars together."""
        return sum(stars * count for stars, count in zip(STARS, self.histogram, strict=True))
