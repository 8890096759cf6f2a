"""Starting the plugin host (a Node program) and reading its report."""

import asyncio
import json
import resource
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from demo.errors import DemoError
from demo.node import Node

HOST_FOLDER = Path(__file__).resolve().parents[2] / "plugin-host"
"""Beside this package in the clone (it is only ever an editable install)."""

TIME_LIMIT_SECONDS = 2.0
MEMORY_LIMIT_MIB = 128

_START_UP_SECONDS = 10.0
"""How much longer than the plugin's own limit the whole process may take before it is killed."""

_PROCESS_MEMORY_MIB = 128
"""What Node needs beside the plugin's own heap to compile and run it."""


class HostFailedError(DemoError):
    """The host itself, not the plugin, did not do its work."""


@dataclass(frozen=True)
class PluginError:
    """Why a plugin is not active.

    Parameters
    ----------
    code
        Stable, such as ``time_limit``.
    message
        One sentence.
    at
        Line and column in the bundle, where known.
    """

    code: str
    message: str
    at: str | None


@dataclass(frozen=True)
class HostReport:
    """What the host said of one plugin.

    Parameters
    ----------
    ok
        Whether it is active.
    activation_ms
        From compiling the bundle to the end of its activation; None where it failed.
    exports
        Names that it offers (of its globals where it is a plain script).
    commands
        Ids of its commands.
    logs
        What it logged, each with level and text.
    error
        Why it failed; None where it is active.
    has_permission_model
        Whether Node's permission model guarded the process.
    """

    ok: bool
    activation_ms: float | None
    exports: tuple[str, ...]
    commands: tuple[str, ...]
    logs: tuple[dict[str, str], ...]
    error: PluginError | None
    has_permission_model: bool


class HostProcess:
    """One host process for one plugin; it ends with its report.

    Parameters
    ----------
    process
        The process, which says that it is ready and then waits for the plugin.
    time_limit_seconds, memory_limit_mib
        What it was told to let the plugin take.
    """

    def __init__(
        self, process: asyncio.subprocess.Process, *, time_limit_seconds: float, memory_limit_mib: int
    ) -> None:
        self._process = process
        self._time_limit_seconds = time_limit_seconds
        self._memory_limit_mib = memory_limit_mib

    @classmethod
    async def start(
        cls,
        node: Node,
        *,
        time_limit_seconds: float = TIME_LIMIT_SECONDS,
        memory_limit_mib: int = MEMORY_LIMIT_MIB,
    ) -> Self:
        """Start a host; it may read its own folder, and its environment is empty."""
        process = await asyncio.create_subprocess_exec(
            str(node.executable),
            "--no-warnings",
            *node.permission_flags(HOST_FOLDER),
            str(HOST_FOLDER / "src" / "main.js"),
            f"--time-limit-ms={time_limit_seconds * 1000:.0f}",
            f"--memory-limit-mib={memory_limit_mib}",
            cwd=HOST_FOLDER,
            env={},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        return cls(process, time_limit_seconds=time_limit_seconds, memory_limit_mib=memory_limit_mib)

    async def activate(self, *, bundle: bytes, manifest: Mapping[str, Any], settings: Mapping[str, Any]) -> HostReport:
        """Hand the plugin over and wait for the report; the process has ended afterwards.

        Raises
        ------
        HostFailedError
            The host gave no report. Trying again with a new process is safe.
        """
        plugin = {"bundle": bundle.decode("utf-8", "replace"), "manifest": manifest, "settings": settings}
        try:
            async with asyncio.timeout(self._time_limit_seconds + _START_UP_SECONDS):
                said, complaint = await self._converse(json.dumps(plugin).encode())
        except TimeoutError:
            raise HostFailedError("The plugin host did not end in its time and was killed.", remedy=_AGAIN) from None
        finally:
            await self.stop()
        try:
            return _report(json.loads(said))
        except (ValueError, KeyError, TypeError) as error:
            reason = complaint.decode("utf-8", "replace").strip()[-500:] or f"exit code {self._process.returncode}"
            raise HostFailedError(f"The plugin host gave no report: {reason}", remedy=_AGAIN) from error

    async def stop(self) -> None:
        """Kill the process where it still runs."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()

    async def _converse(self, request: bytes) -> tuple[bytes, bytes]:
        stdout = self._process.stdout
        if stdout is not None and await stdout.readline():  # it is ready; an empty line means that it ended
            self._limit_memory()
        return await self._process.communicate(request)

    def _limit_memory(self) -> None:
        """Let the kernel count what Node's own limits do not see until it is filled: buffers outside the heap."""
        if sys.platform != "linux":
            return
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        data_kib = int(status.partition("VmData:")[2].split()[0])
        more_mib = self._memory_limit_mib + _PROCESS_MEMORY_MIB
        most_bytes = data_kib * 2**10 + more_mib * 2**20
        resource.prlimit(self._process.pid, resource.RLIMIT_DATA, (most_bytes, most_bytes))


_AGAIN = "Run the demo again; if it stays, try the host by hand (deploy/demo/plugin-host/README.md)."


def _report(said: dict[str, Any]) -> HostReport:
    error = said["error"]
    return HostReport(
        ok=said["ok"],
        activation_ms=said["activation_ms"],
        exports=tuple(said["exports"]),
        commands=tuple(said["commands"]),
        logs=tuple(said["logs"]),
        error=PluginError(**error) if error else None,
        has_permission_model=said["host"]["permission_model"],
    )
