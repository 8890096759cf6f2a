"""Progress on the screen: one bar per step, plain lines where the output is no terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

Advance = Callable[[int], None]


class Steps:
    """The steps of the demo as they happen.

    Parameters
    ----------
    console
        Where they are shown.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            TextColumn("{task.description:<44}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    @contextmanager
    def step(self, title: str, total: int) -> Iterator[Advance]:
        """Show one step; call what it gives with the number of things done since the last call."""
        task: TaskID = self._progress.add_task(title, total=total)
        done = 0

        def advance(count: int = 1) -> None:
            nonlocal done
            done += count
            self._progress.update(task, advance=count)

        if not self._console.is_terminal:
            self._console.print(f"{title} …", highlight=False)
        yield advance
        if not self._console.is_terminal:
            self._console.print(f"{title}: {done} of {total}", highlight=False)

    def say(self, text: str) -> None:
        """Print one line above the bars."""
        self._console.print(text, highlight=False)
