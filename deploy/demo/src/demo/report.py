"""The tables at the end."""

from rich.box import SIMPLE, SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from demo.measurements import Findings, Measurement, percentile


def print_report(console: Console, findings: Findings) -> None:
    """Print what was counted, what was measured against its target, and what is worth a note."""
    counts = Table(title="What was done", title_justify="left", show_header=False, box=SIMPLE)
    counts.add_column("what")
    counts.add_column("n", justify="right")
    for what, number in findings.counts.items():
        counts.add_row(what, f"{number:,}")
    console.print(counts)
    console.print(_measurements([findings.searchable, findings.counted, findings.activated]))
    for note in findings.notes:
        console.print(f"• {note}", highlight=False, markup=False)


def _measurements(rows: list[Measurement]) -> Table:
    # No lines between columns and little room: it fits into 80 characters.
    table = Table(
        title="What was measured; targets are for p95",
        title_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1),
        collapse_padding=True,
        pad_edge=False,
    )
    table.add_column("", no_wrap=True)
    for name in ("n", "p50", "p95", "p99", "worst", "target", ""):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        target = _duration(row.target_seconds)
        if not row.seconds:
            table.add_row(row.title, "0", "–", "–", "–", "–", target, "–")
            continue
        figures = [_duration(percentile(row.seconds, percent)) for percent in (50, 95, 99, 100)]
        verdict = "[green]✓[/]" if row.is_met else "[red]✗[/]"
        table.add_row(row.title, str(len(row.seconds)), *figures, target, verdict)
    return table


def _duration(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"
