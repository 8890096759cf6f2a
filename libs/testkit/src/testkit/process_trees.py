"""Signals for a process and everything that it started."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path


def pause_tree(root: int) -> subprocess.Popen[bytes]:
    """SIGSTOP a process and its descendants. They go on when the standard input of the returned guard closes.

    So they also go on, and notice that their parent is gone, when this process is killed: stopped ones would stay.
    """
    paused = signal_tree(root, signal.SIGSTOP)
    command = ["sh", "-c", 'read _; kill -CONT "$@"', "guard", *map(str, paused)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)


def signal_tree(root: int, number: signal.Signals) -> list[int]:
    """Send a signal to a process and then to its descendants, whatever groups and sessions they made for themselves.

    Each is stopped before the next is looked up, so that none is started or lost meanwhile. Returns all of them.
    """
    found: list[int] = []
    waiting = [root]
    while waiting:
        process = waiting.pop()
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGSTOP)
            found.append(process)
            waiting += _children_of(process)
    for process in found:
        with suppress(ProcessLookupError):
            os.kill(process, number)
            if number not in {signal.SIGSTOP, signal.SIGKILL}:
                os.kill(process, signal.SIGCONT)
    return found


def _children_of(process: int) -> list[int]:
    found: list[int] = []
    for listing in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):
            found += map(int, listing.read_text().split())
    return found
