"""The servers of one test session: attached to, or started when first asked for."""

from __future__ import annotations

import os
from pathlib import Path

from testkit.providers import StartedServers, start_servers
from testkit.servers import ENVIRONMENT_VARIABLE, ServerAddress, read_servers


class ServerPool:
    """Gives the address of a server of each kind.

    With ``PLATFORM_TEST_SERVERS`` set it attaches to the servers of that file. Otherwise it starts each kind the
    first time somebody needs it, and stops it with the session.
    """

    def __init__(self) -> None:
        self._addresses: dict[str, ServerAddress] = {}
        self._started: list[StartedServers] = []
        file = os.environ.get(ENVIRONMENT_VARIABLE)
        if file:
            self._addresses = read_servers(Path(file))

    def address(self, kind: str) -> ServerAddress:
        """Return a server's address, starting it where needed.

        Raises
        ------
        platform_local.errors.LocalPlatformError
            Where it cannot be started.
        """
        if kind not in self._addresses:
            started = start_servers([kind])
            self._started.append(started)
            self._addresses |= started.addresses
        return self._addresses[kind]

    def stop(self) -> None:
        """Stop what this session started."""
        while self._started:
            self._started.pop().stop()
