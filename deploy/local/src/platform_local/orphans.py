"""Finds and ends programs of a stack whose supervisor was killed."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from platform_local.supervisor import STACK_VARIABLE

_PATIENCE_SECONDS = 20


def find_orphans(home: Path) -> list[int]:
    """Return the process ids of a stack's programs, by the mark that its supervisor gives them.

    Call it only where no supervisor runs; with one they are no orphans.
    """
    mark = f"{STACK_VARIABLE}={home}".encode()
    found = []
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        try:
            if mark in (process / "environ").read_bytes().split(b"\0"):
                found.append(int(process.name))
        except OSError:
            continue  # it has ended, or is another user's
    return found


def end_orphans(home: Path) -> int:
    """End a stack's orphans, first politely, and return how many there were."""
    orphans = find_orphans(home)
    for pid in orphans:
        # INT is a fast shutdown for PostgreSQL and an ordinary one for the others.
        _send(pid, signal.SIGINT)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while left := find_orphans(home):
        for pid in left:
            _send(pid, signal.SIGKILL if time.monotonic() > deadline else signal.SIGTERM)
        time.sleep(0.2)
    return len(orphans)


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
