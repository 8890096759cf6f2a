"""How a failure is told: what, the log's last lines, the way out."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.markup import escape

from platform_local.errors import LocalPlatformError

_TAIL_LINES = 15
_TAIL_BYTES = 16_384


def print_error(error: LocalPlatformError, console: Console | None = None) -> None:
    """Print one message about a failure to standard error."""
    out = console or Console(stderr=True)
    out.print(f"\n[bold red]✗ {escape(error.what)}[/]", soft_wrap=True)
    if error.log is not None:
        out.print(f"  last lines of {error.log}:", soft_wrap=True)
        for line in log_tail(error.log):
            out.print(f"  [dim]│ {escape(line)}[/]", soft_wrap=True)
    out.print(f"  → {escape(error.remedy)}\n", soft_wrap=True)


def log_tail(log: Path, lines: int = _TAIL_LINES) -> list[str]:
    """Return the last lines of a log; a note where it is missing or empty."""
    try:
        with log.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - _TAIL_BYTES))
            found = file.read().decode(errors="replace").splitlines()
    except OSError:
        return ["(there is no log yet)"]
    # A Java stack would push the sentence that names the cause off the list.
    telling = [line for line in found if not line.startswith(("\tat ", "\t... "))]
    return telling[-lines:] or ["(the log is empty)"]
