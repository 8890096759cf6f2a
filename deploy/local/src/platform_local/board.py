"""Progress that a person can follow: a live list on a terminal, plain lines elsewhere."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column


class Board:
    """The list of steps of one command. Safe to use from several threads.

    Parameters
    ----------
    console
        Where it is shown.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._started: dict[str, float] = {}
        self._tasks: dict[str, TaskID] = {}
        self._live: Progress | None = None
        if console.is_terminal:
            self._live = Progress(
                SpinnerColumn(finished_text="[green]✓[/]"),
                TextColumn("{task.fields[name]}", table_column=Column(min_width=22, no_wrap=True)),
                TextColumn("[dim]{task.description}[/]", table_column=Column(ratio=1, no_wrap=True)),
                TimeElapsedColumn(table_column=Column(min_width=7)),
                console=console,
                expand=True,
            )

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def begin(self, name: str, doing: str) -> None:
        """Show that a step is under way."""
        with self._lock:
            self._started[name] = time.monotonic()
            if self._live:
                self._tasks[name] = self._live.add_task(escape(doing), name=escape(name), total=1)
            else:
                self._console.print(f"… {escape(name)}: {escape(doing)}", soft_wrap=True)

    def says(self, name: str, doing: str) -> None:
        """Change what a step under way is doing."""
        with self._lock:
            if self._live:
                self._live.update(self._tasks[name], description=escape(doing))

    def done(self, name: str, result: str) -> None:
        """Show that a step is complete."""
        with self._lock:
            seconds = time.monotonic() - self._started[name]
            if self._live:
                self._live.update(self._tasks[name], description=escape(result), completed=1)
            else:
                self._console.print(f"✓ {escape(name)}: {escape(result)} ({seconds:.1f} s)", soft_wrap=True)
