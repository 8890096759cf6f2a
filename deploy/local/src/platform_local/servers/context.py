"""What every recipe is given."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from platform_local.paths import StackPaths
from platform_local.ports import ServerPorts
from platform_local.secrets import Secrets


@dataclass(frozen=True)
class ServerContext:
    """The surroundings of one stack's servers.

    Parameters
    ----------
    user
        The system user that servers run as; None for the current one.
    java
        The ``java`` program.
    durable
        False for throw-away data: a server may then skip waiting for the disk.
    """

    paths: StackPaths
    ports: ServerPorts
    secrets: Secrets
    user: str | None
    java: Path
    durable: bool = True
