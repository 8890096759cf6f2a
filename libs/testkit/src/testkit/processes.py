"""Our own services as processes of a test session: real ones, on free ports, that never outlive it."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from platform_local.children import Child, start_child, stop_children, wait_until_ready
from platform_local.health import http_probe
from platform_local.ports import HOST
from platform_local.program import Program


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def service_program(
    package: str, role: str, environment: Mapping[str, str], *, port: int, start_seconds: int = 60
) -> Program:
    """Return ``python -m <package> <role>`` that answers ``/readyz`` on a port."""
    return Program(
        name=f"{package}-{role}",
        command=(sys.executable, "-m", package, role),
        directory=Path("/"),
        ready=http_probe(port, "/readyz"),
        ports=(port,),
        environment={**environment, "PORT": str(port)},
        start_seconds=start_seconds,
    )


@contextmanager
def running(programs: list[Program], logs: Path) -> Iterator[dict[str, Child]]:
    """Start programs side by side, wait until all are ready, and stop them at the end.

    Parameters
    ----------
    programs
        For instance of `service_program`.
    logs
        A folder for ``<name>.log``, such as pytest's ``tmp_path``.

    Yields
    ------
    dict of str to Child
        By name; ``child.process`` may be killed by a test.

    Raises
    ------
    platform_local.errors.NotReadyError
        Where one ends or does not become ready; its ``log`` tells why.
    """
    children: list[Child] = []
    try:
        for program in programs:
            children.append(start_child(program, logs / f"{program.name}.log"))  # noqa: PERF401 - a failure stops those before
        wait_until_ready(children)
        yield {child.program.name: child for child in children}
    finally:
        stop_children(children)
