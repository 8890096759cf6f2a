"""The ports of one stack: fixed ones for people, free ones for tests."""

from __future__ import annotations

import os
import random
import socket
from dataclasses import dataclass, fields
from pathlib import Path

from platform_local.errors import LocalPlatformError

HOST = "127.0.0.1"
_HIGHEST_PORT = 65535
_LOWEST_FREE_PORT = 20_000


@dataclass(frozen=True)
class ServerPorts:
    """The TCP ports of the five servers and of the mail catcher, all on 127.0.0.1."""

    postgres: int = 15432
    redis: int = 16379
    kafka: int = 19092
    kafka_controller: int = 19093
    opensearch: int = 19200
    opensearch_transport: int = 19300
    s3: int = 19000
    mail: int = 19025

    def shifted(self, offset: int) -> ServerPorts:
        """Return the same ports moved up by ``offset``."""
        return ServerPorts(**{field.name: getattr(self, field.name) + offset for field in fields(self)})


def free_ports(count: int) -> list[int]:
    """Return different ports that nobody listens on now.

    They lie below the range from which the kernel takes the ports of outgoing connections: a program that is killed and
    started again would otherwise find its port in use by somebody's connection. Another program may still take one
    before its own does: the start then fails with a clear message, and trying again is safe.
    """
    lowest_outgoing = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    candidates = random.sample(range(_LOWEST_FREE_PORT, lowest_outgoing), k=lowest_outgoing - _LOWEST_FREE_PORT)
    found: list[int] = []
    for port in candidates:
        if len(found) == count:
            break
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        found.append(port)
    return found


def free_server_ports() -> ServerPorts:
    """Return a free port for each server; see `free_ports`."""
    names = [field.name for field in fields(ServerPorts)]
    return ServerPorts(**dict(zip(names, free_ports(len(names)), strict=True)))


def port_offset() -> int:
    """Return ``PLATFORM_PORT_OFFSET``: how far every port except the gateway's is moved for a second stack."""
    return _number("PLATFORM_PORT_OFFSET", 0)


def gateway_port() -> int:
    """Return ``GATEWAY_PORT``, or 8080 moved by the offset."""
    return _number("GATEWAY_PORT", 8080 + port_offset())


def server_ports() -> ServerPorts:
    """Return the fixed server ports of this stack."""
    return ServerPorts().shifted(port_offset())


def is_listening(port: int) -> bool:
    """Tell whether anybody accepts connections on 127.0.0.1 at this port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def listener_of(port: int) -> str:
    """Return ``name (pid n)`` of the process that listens on a port, or words for an unknown one."""
    inodes = _listening_inodes(port)
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            held = {str(link.readlink()) for link in (process / "fd").iterdir()}
            name = (process / "comm").read_text().strip()
        except OSError:
            continue
        if held & inodes:
            return f"{name} (pid {process.name})"
    return "a process of another user"


def _listening_inodes(port: int) -> set[str]:
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            columns = line.split()
            if columns[3] == "0A" and int(columns[1].rsplit(":", 1)[1], 16) == port:
                inodes.add(f"socket:[{columns[9]}]")
    return inodes


def _number(variable: str, default: int) -> int:
    text = os.environ.get(variable) or str(default)
    if not text.isdigit() or int(text) > _HIGHEST_PORT:
        raise LocalPlatformError(
            f"{variable}={text!r} is no port number.", remedy=f"Give a number up to {_HIGHEST_PORT}."
        )
    return int(text)
