"""Servers from containers where an engine can give them, from the local recipes otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from testkit.containers import ContainerServers, containers_possible
from testkit.local_servers import LocalServers
from testkit.servers import ServerAddress


class Stoppable(Protocol):
    """Something that runs servers."""

    def stop(self) -> None:
        """Stop them and remove their data."""


@dataclass(frozen=True)
class StartedServers:
    """Servers that this process started.

    Parameters
    ----------
    provider
        ``containers`` or ``local recipes``, for people to read.
    """

    addresses: Mapping[str, ServerAddress]
    provider: str
    owner: Stoppable

    def stop(self) -> None:
        """Stop them and remove their data."""
        self.owner.stop()


def start_servers(kinds: Sequence[str]) -> StartedServers:
    """Start servers side by side.

    Raises
    ------
    platform_local.errors.LocalPlatformError
        Where a server does not start.
    """
    containers = containers_possible(kinds)
    servers = ContainerServers() if containers else LocalServers()
    try:
        addresses = servers.start(kinds)
    except BaseException:
        servers.stop()
        raise
    return StartedServers(addresses, "containers" if containers else "local recipes", servers)
