"""Programs as plain children of this process, for stacks that must not outlive it."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from platform_local.errors import NotReadyError, PortTakenError
from platform_local.ports import is_listening, listener_of
from platform_local.program import Program

_POLL_SECONDS = 0.1
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Child:
    """A started program with its process and log."""

    program: Program
    process: subprocess.Popen[bytes]
    log: Path


def start_child(program: Program, log: Path) -> Child:
    """Start a program in a process group of its own. The kernel kills it when the calling thread ends.

    Call it from a thread that lives as long as the program shall: the main one.

    Raises
    ------
    PortTakenError
        Where somebody listens on a port of the program.
    """
    for port in program.ports:
        if is_listening(port):
            raise PortTakenError(
                f"Port {port} of {program.name} is taken by {listener_of(port)}.", remedy="Run it again."
            )
    parent = os.getpid()
    libc = ctypes.CDLL(None, use_errno=True)

    def die_with_parent() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            program.command,
            cwd=program.directory,
            env={**os.environ, **program.environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            user=program.user,
            group=program.user,
            extra_groups=[] if program.user else None,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - only async-signal-safe calls, made after the user is set
        )
    return Child(program, process, log)


def wait_until_ready(children: Sequence[Child]) -> None:
    """Wait until every child is ready.

    Raises
    ------
    NotReadyError
        Where one ends or does not become ready in its time.
    """
    started_at = time.monotonic()
    waiting = list(children)
    while waiting:
        for child in list(waiting):
            reason = child.program.ready()
            if reason is None:
                waiting.remove(child)
                continue
            status = child.process.poll()
            if status is not None:
                raise NotReadyError(
                    f"{child.program.name} ended with status {status}.", remedy="Read its log.", log=child.log
                )
            if time.monotonic() - started_at > child.program.start_seconds:
                raise NotReadyError(f"{child.program.name}: {reason}.", remedy="Read its log.", log=child.log)
        time.sleep(_POLL_SECONDS)


def stop_children(children: Sequence[Child]) -> None:
    """Ask all to stop side by side, and kill the process groups of those that take too long."""
    for child in children:
        if child.process.poll() is None:
            child.process.send_signal(signal.Signals[f"SIG{child.program.stop_signal}"])
    for child in children:
        try:
            child.process.wait(child.program.stop_seconds)
        except subprocess.TimeoutExpired:
            os.killpg(child.process.pid, signal.SIGKILL)
            child.process.wait()
