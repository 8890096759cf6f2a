"""What the supervisor and the test stack need to know to run one program."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Program:
    """One long-running process.

    Parameters
    ----------
    name
        Unique in the stack; also the name of its log.
    command
        Absolute path of the executable, then its arguments.
    directory
        The working directory.
    ready
        Returns None once the program does its work, else a short reason why not yet. Never raises, answers within
        a few seconds, may be called at any time.
    ports
        Every port that the program will listen on, to tell a taken one before the start.
    environment
        What is added to the machine's own environment.
    user
        The system user to run as; None means the current one.
    stop_signal, stop_seconds
        How it is asked to stop, and how long it may take before it is killed.
    start_seconds
        How long it may take until it is ready.
    """

    name: str
    command: tuple[str, ...]
    directory: Path
    ready: Callable[[], str | None]
    ports: tuple[int, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    stop_signal: str = "TERM"
    stop_seconds: int = 15
    start_seconds: int = 120


def settings_mark(text: str) -> dict[str, str]:
    """Return an environment that changes with a settings file, so that changed settings restart their program."""
    return {"PLATFORM_SETTINGS_DIGEST": hashlib.sha256(text.encode()).hexdigest()[:16]}
