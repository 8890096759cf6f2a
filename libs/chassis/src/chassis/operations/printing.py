"""Output for people (tables) and for machines (JSON), safe whatever an event holds."""

import json
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import timedelta

from rich.console import Console
from rich.table import Table
from rich.text import Text

UNKNOWN = "–"
_WIDTH = 160
"""Off a terminal there is no width to respect."""


def printable(text: str) -> str:
    """Write every character that a terminal might act upon, or that hides others, as its escape.

    Those are controls, directions of writing, separators of lines, and what Unicode has not given a meaning.
    """
    return "".join(character if _is_plain(character) else _escape(character) for character in text)


def _is_plain(character: str) -> bool:
    return character == " " or unicodedata.category(character)[0] not in "CZ"


def _escape(character: str) -> str:
    number = ord(character)
    if number <= 0xFF:  # noqa: PLR2004 - a byte
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"  # noqa: PLR2004 - the planes of Unicode


def duration(seconds: float | None) -> str:
    """Write a time that people read: ``0.4 s``, ``2:05:00``."""
    if seconds is None:
        return UNKNOWN
    return f"{seconds:.1f} s" if seconds < 100 else str(timedelta(seconds=round(seconds)))  # noqa: PLR2004 - readable


class Output:
    """Where a command's answer goes: results to standard output, everything else to standard error.

    Parameters
    ----------
    as_json
        One JSON document instead of tables.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._out, self._err = _console(stderr=False), _console(stderr=True)

    def rows(self, title: str, rows: Sequence[Mapping[str, object]], *, shown: Sequence[str], empty: str) -> None:
        """Print rows.

        Parameters
        ----------
        title
            Of the table.
        rows
            All with the same keys.
        shown
            The keys that people see, in order; a key's underscores become spaces.
        empty
            The sentence for people where there are no rows.
        """
        if self.as_json:
            self.document(list(rows))
        elif not rows:
            self._out.print(Text(empty))
        else:
            table = Table(title=title, title_justify="left")
            for name in shown:
                is_figure = all(isinstance(row[name], int | float) for row in rows)
                table.add_column(name.replace("_", " "), justify="right" if is_figure else "left", overflow="fold")
            for row in rows:
                table.add_row(*(Text(_cell(row[name])) for name in shown))
            self._out.print(table)

    def document(self, document: object) -> None:
        """Print a JSON document; ASCII only, so that nothing in it can move a cursor."""
        sys.stdout.write(json.dumps(document, indent=2).replace("\x7f", "\\u007f") + "\n")
        sys.stdout.flush()

    def line(self, text: str) -> None:
        """Print a line of the result for people."""
        self._out.print(Text(printable(text)), soft_wrap=True)

    def say(self, text: str) -> None:
        """Print a line beside the result."""
        self._err.print(Text(printable(text)), soft_wrap=True)


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    console = Console(stderr=stderr, markup=False, highlight=False, emoji=False)
    return (
        console if stream.isatty() else Console(stderr=stderr, markup=False, highlight=False, emoji=False, width=_WIDTH)
    )


def _cell(value: object) -> str:
    if value is None:
        return UNKNOWN
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else printable(str(value))
