"""Where an index and the events that it was made of disagree."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """Ids of plugins that the index lacks, holds in a former state, or holds though they are gone."""

    missing: frozenset[str]
    stale: frozenset[str]
    extra: frozenset[str]

    def __bool__(self) -> bool:
        return bool(self.missing or self.stale or self.extra)

    def __and__(self, other: "Differences") -> "Differences":
        """Give what both found."""
        return Differences(
            missing=self.missing & other.missing, stale=self.stale & other.stale, extra=self.extra & other.extra
        )


def differences(*, documents: Mapping[str, int], indexed: Mapping[str, int]) -> Differences:
    """Compare sequences; a newer one in the index is no difference, for the index was read after the events.

    Parameters
    ----------
    documents
        Plugin id → sequence of its newest document, without removed ones.
    indexed
        Plugin id → version in the index.
    """
    return Differences(
        missing=frozenset(documents.keys() - indexed.keys()),
        stale=frozenset(key for key, sequence in documents.items() if indexed.get(key, sequence) < sequence),
        extra=frozenset(indexed.keys() - documents.keys()),
    )
