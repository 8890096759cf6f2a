"""Relays as processes, and what their logs say of them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

from chassis.kafka import Kafka
from platform_local.children import Child, start_child, stop_children
from platform_local.program import Program

_TURNS = {"relay_active": True, "relay_fenced": False, "relay_interrupted": False}


class RelayProcess:
    """One relay.

    Parameters
    ----------
    database_url, schema, kafka
        As `chassis.relay.Relay`.
    log
        A file of its own.
    """

    def __init__(self, *, database_url: str, schema: str, kafka: Kafka, log: Path) -> None:
        self._log = log
        program = Program(
            name="relay",
            command=(sys.executable, "-m", "testkit.faults.relay_program"),
            directory=log.parent,
            ready=lambda: None,
            ports=(),
            environment={
                "RELAY_DATABASE_URL": database_url,
                "RELAY_SCHEMA": schema,
                "RELAY_KAFKA": kafka.bootstrap_servers,
                "RELAY_PREFIX": kafka.prefix,
            },
        )
        self._child: Child = start_child(program, log)

    def events(self) -> list[str]:
        """Return the names of what it logged, in order."""
        lines = [line for line in self._log.read_text("utf-8").splitlines() if line.startswith("{")]
        return [str(json.loads(line)["event"]) for line in lines]

    def is_active(self) -> bool:
        """Say whether it believes to be the active relay: so does one that is stopped."""
        turns = [_TURNS[event] for event in self.events() if event in _TURNS]
        return self._child.process.poll() is None and bool(turns) and turns[-1]

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self._child.process.send_signal(number)

    def kill(self) -> None:
        """Kill it and wait until the kernel has taken it away."""
        self._child.process.send_signal(signal.SIGKILL)
        self._child.process.wait()

    def stop(self) -> None:
        """End it, whatever state it is in."""
        if self._child.process.poll() is None:
            self._child.process.send_signal(signal.SIGCONT)
        stop_children([self._child])
        subprocess.Popen.wait(self._child.process)
