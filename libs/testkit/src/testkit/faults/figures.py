"""The figures that a fault suite prints at its end."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class _Row:
    fault: str
    figure: str
    seen: str
    bound: str


@dataclass
class Figures:
    """What was seen, row by row."""

    rows: list[_Row] = field(default_factory=list)

    def add(self, fault: str, figure: str, seen: object, bound: str = "") -> None:
        """Add a row.

        Parameters
        ----------
        fault
            Such as ``Kafka killed for 60 s``.
        figure
            What was measured, with its unit.
        seen
            The value; a float is rounded to two places.
        bound
            What was asked for, in words, where anything was.
        """
        self.rows.append(_Row(fault, figure, f"{seen:.2f}" if isinstance(seen, float) else str(seen), bound))

    def table(self) -> list[str]:
        """Return the table's lines."""
        cells = [("fault", "figure", "seen", "asked for")]
        cells += [(row.fault, row.figure, row.seen, row.bound) for row in self.rows]
        widths = [max(len(row[column]) for row in cells) for column in range(4)]
        return ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in cells]
