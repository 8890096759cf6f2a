"""What a benchmark found: a table, and whether every target is met."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class _Row:
    figure: str
    seen: str
    target: str
    met: bool


def _target(at_least: float | None, at_most: float | None) -> str:
    if at_least is not None:
        return f">= {at_least}"
    return "" if at_most is None else f"<= {at_most}"


class Report:
    """Collects figures."""

    def __init__(self) -> None:
        self._rows: list[_Row] = []
        self._console = Console(width=120)

    def say(self, text: str) -> None:
        """Tell what is going on."""
        self._console.print(f"[dim]… {text}[/dim]", highlight=False)

    def add(
        self, figure: str, seen: float | str, *, at_least: float | None = None, at_most: float | None = None
    ) -> None:
        """Add a figure, with its target where it has one. Large numbers are shown without places."""
        met = (at_least is None or (isinstance(seen, float | int) and seen >= at_least)) and (
            at_most is None or (isinstance(seen, float | int) and seen <= at_most)
        )
        shown = seen if isinstance(seen, str) else f"{seen:,.0f}" if seen >= 100 else f"{seen:.2f}"  # noqa: PLR2004 - see above
        self._rows.append(_Row(figure, shown, _target(at_least, at_most), met))

    @property
    def all_met(self) -> bool:
        """Say whether no figure misses its target."""
        return all(row.met for row in self._rows)

    def print(self) -> None:
        """Print the table."""
        table = Table("figure", "seen", "target", "")
        for row in self._rows:
            table.add_row(row.figure, row.seen, row.target, "" if not row.target else "✓" if row.met else "✗")
        self._console.print(table)
