"""One supervisord for the whole stack: its configuration, its start and its remote control."""

from __future__ import annotations

import os
import re
import resource
import shlex
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from supervisor.xmlrpc import SupervisorTransport

from platform_local.accounts import make_folder, write_private
from platform_local.errors import LocalPlatformError, NotReadyError
from platform_local.paths import StackPaths
from platform_local.program import Program

STACK_VARIABLE = "PLATFORM_STACK_HOME"
"""Every program of a stack carries its home folder in this variable, so that orphans can be found."""

_LONGEST_SOCKET_PATH = 100  # the kernel's limit is 107
_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR")
_START_SECONDS = 15
_SHUTDOWN_SECONDS = 60
_NOT_PASSABLE = re.compile(r"""["\n]|\s[;#]|^'|'$""")  # what supervisord's configuration cannot quote


@dataclass(frozen=True)
class ProcessInfo:
    """What the supervisor knows of a program.

    Parameters
    ----------
    state
        RUNNING, STARTING, BACKOFF, STOPPED, EXITED, FATAL, …
    pid
        0 where it does not run.
    started_at
        Unix seconds of its last start.
    """

    name: str
    state: str
    pid: int
    started_at: int
    description: str


class Supervisor:
    """The supervisor of one stack."""

    def __init__(self, paths: StackPaths) -> None:
        self._paths = paths
        self._socket = paths.run / "supervisor.sock"
        self._settings = paths.run / "supervisord.conf"
        self.log = paths.logs / "supervisord.log"
        if len(str(self._socket)) > _LONGEST_SOCKET_PATH:
            raise LocalPlatformError(
                f"The path {self._socket} is too long for a socket.", remedy="Choose a shorter PLATFORM_DATA_DIR."
            )

    def is_running(self) -> bool:
        """Tell whether the supervisor answers."""
        if not self._socket.exists():
            return False
        try:
            self._remote().getState()
        except (OSError, xmlrpc.client.Error):
            return False
        return True

    def apply(self, programs: Sequence[Program]) -> list[str]:
        """Make the supervisor know these programs and no others; start it where it does not run.

        Programs whose definition changed or that are gone are stopped; nothing is started.

        Returns
        -------
        list of str
            The names of programs that were stopped because they changed or are gone.
        """
        for folder in (self._paths.run, self._paths.logs):
            make_folder(folder, None, mode=0o755)
        write_private(self._settings, supervisord_settings(self._paths, programs), None)
        if not self.is_running():
            self._start()
            return []
        # The answer is [[added, changed, removed]], names of groups; each program is a group of its own.
        added, changed, removed = self._remote().reloadConfig()[0]
        self.stop([*changed, *removed], {program.name: program.stop_seconds for program in programs})
        for name in [*changed, *removed]:
            self._remote().removeProcessGroup(name)
        for name in [*changed, *added]:
            self._remote().addProcessGroup(name)
        return [*changed, *removed]

    def processes(self) -> list[ProcessInfo]:
        """Return all programs with their states; an empty list where the supervisor does not run."""
        if not self.is_running():
            return []
        return [
            ProcessInfo(row["name"], row["statename"], row["pid"], row["start"], row["description"])
            for row in self._remote().getAllProcessInfo()
        ]

    def start(self, names: Sequence[str]) -> None:
        """Start programs that do not run. Returns at once; readiness is another question."""
        idle = {each.name for each in self.processes() if each.state not in {"RUNNING", "STARTING", "BACKOFF"}}
        for name in names:
            if name in idle:
                self._remote().startProcess(name, False)

    def stop(self, names: Sequence[str], stop_seconds: Mapping[str, int] | None = None) -> None:
        """Stop programs side by side and wait until they are gone.

        Raises
        ------
        NotReadyError
            Where one does not end even though it was killed.
        """
        patience_seconds = 10 + max((stop_seconds or {}).values(), default=30)
        active = {each.name for each in self.processes() if each.state in {"RUNNING", "STARTING", "BACKOFF"}}
        for name in names:
            if name in active:
                self._remote().stopProcess(name, False)
        deadline = time.monotonic() + patience_seconds
        while waiting := [each for each in self.processes() if each.name in names and each.pid]:
            if time.monotonic() > deadline:
                raise NotReadyError(
                    f"{waiting[0].name} does not stop (pid {waiting[0].pid}).", remedy="See its log.", log=self.log
                )
            time.sleep(0.1)

    def shutdown(self) -> None:
        """End the supervisor itself; its programs should be stopped already."""
        pid = self._remote().getPID()
        self._remote().shutdown()
        deadline = time.monotonic() + _SHUTDOWN_SECONDS
        while _is_alive(pid) and time.monotonic() < deadline:
            time.sleep(0.05)

    def _remote(self) -> Any:  # noqa: ANN401 - XML-RPC has no types
        transport = SupervisorTransport(None, None, serverurl=f"unix://{self._socket}")
        return cast("Any", xmlrpc.client.ServerProxy("http://supervisor", transport=transport)).supervisor

    def _start(self) -> None:
        kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
        environment = {
            **kept,
            STACK_VARIABLE: str(self._paths.home),
            "HOME": str(self._paths.run),
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": "ignore:pkg_resources",
        }
        command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(self._settings)]
        result = subprocess.run(
            command, check=False, capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL
        )
        deadline = time.monotonic() + _START_SECONDS
        while not self.is_running():
            if result.returncode != 0 or time.monotonic() > deadline:
                reason = result.stderr.strip().splitlines()[-1:] or ["it does not answer"]
                raise NotReadyError(f"The supervisor did not start: {reason[0]}.", remedy="Read its log.", log=self.log)
            time.sleep(0.05)


def _is_alive(pid: int) -> bool:
    """Tell whether a process runs. One that has ended but that nobody reaps (``Z``) does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def supervisord_settings(paths: StackPaths, programs: Sequence[Program]) -> str:
    """Return the text of supervisord's configuration. It holds secrets: keep it private."""
    hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    open_files = 65536 if hard_limit == resource.RLIM_INFINITY else min(65536, hard_limit)
    sections: dict[str, dict[str, object]] = {
        "unix_http_server": {"file": paths.run / "supervisor.sock", "chmod": "0700"},
        "supervisord": {
            "logfile": paths.logs / "supervisord.log",
            "logfile_maxbytes": "5MB",
            "logfile_backups": 1,
            "pidfile": paths.run / "supervisord.pid",
            "directory": paths.run,
            "minfds": open_files,
            **({"user": "root"} if os.geteuid() == 0 else {}),
        },
        "rpcinterface:supervisor": {
            "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
        },
        **{f"program:{program.name}": _program_section(paths, program) for program in programs},
    }
    rows = []
    for title, settings in sections.items():
        rows.append(f"[{title}]")
        rows += [f"{name}={str(value).replace('%', '%%')}" for name, value in settings.items()]
    return "\n".join(rows) + "\n"


def _program_section(paths: StackPaths, program: Program) -> dict[str, object]:
    for name, value in program.environment.items():
        if _NOT_PASSABLE.search(value):
            raise LocalPlatformError(
                f"{name} of {program.name} holds a quote, a comment sign or a line break.",
                remedy="Set it to something simpler.",
            )
    quoted = (f'{name}="{value}"' for name, value in program.environment.items())
    return {
        "command": shlex.join(program.command),
        "directory": program.directory,
        "environment": ",".join(quoted),
        "autostart": "false",
        "autorestart": "true",
        "startsecs": 2,
        # With its growing pauses this is about half an hour: longer than any neighbour's recovery.
        "startretries": 60,
        "stopsignal": program.stop_signal,
        "stopwaitsecs": program.stop_seconds,
        "killasgroup": "true",
        "redirect_stderr": "true",
        "stdout_logfile": paths.log(program.name),
        "stdout_logfile_maxbytes": "20MB",
        "stdout_logfile_backups": 1,
        **({"user": program.user} if program.user else {}),
    }
