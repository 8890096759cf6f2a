"""Where the local platform keeps downloads, data, logs and secrets."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from platform_local.errors import LocalPlatformError


def repository_root() -> Path:
    """Return the clone this package is installed from (it is only ever an editable install)."""
    return Path(__file__).resolve().parents[4]


def cache_dir() -> Path:
    """Return the folder for downloads, shared by every stack of this user; ``PLATFORM_CACHE_DIR`` overrides it."""
    override = os.environ.get("PLATFORM_CACHE_DIR")
    if override:
        return Path(override).absolute()
    if os.geteuid() == 0:
        return Path("/var/cache/plugin-platform")
    return Path.home() / ".cache" / "plugin-platform"


@dataclass(frozen=True)
class StackPaths:
    """The folders of one stack.

    Parameters
    ----------
    home
        Everything the stack writes lies below it, so deleting it forgets the stack.
    cache
        Downloads, shared between stacks and never changed by a running one.
    """

    home: Path
    cache: Path

    @property
    def logs(self) -> Path:
        """One ``<program>.log`` for each program, rotated by the supervisor."""
        return self.home / "logs"

    @property
    def run(self) -> Path:
        """Sockets and the supervisor's own files."""
        return self.home / "run"

    @property
    def secrets(self) -> Path:
        """Generated passwords and keys, readable by their owner only."""
        return self.home / "secrets"

    def data(self, server: str) -> Path:
        """Return the data folder of one server."""
        return self.home / "data" / server

    def settings(self, server: str) -> Path:
        """Return the folder of one server's generated configuration."""
        return self.home / "config" / server

    def log(self, program: str) -> Path:
        """Return the log file of one program."""
        return self.logs / f"{program}.log"


def stack_paths(stack: str | None = None) -> StackPaths:
    """Return the folders of the stack named by ``PLATFORM_STACK`` (``dev`` unless said otherwise).

    ``PLATFORM_DATA_DIR`` overrides the whole home folder.

    Raises
    ------
    LocalPlatformError
        Where the name is not made of small letters, digits and dashes.
    """
    name = stack or os.environ.get("PLATFORM_STACK") or "dev"
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,30}", name):
        raise LocalPlatformError(
            f"PLATFORM_STACK={name!r} is no stack name.", remedy="Use small letters, digits and dashes only."
        )
    override = os.environ.get("PLATFORM_DATA_DIR")
    if override:
        return StackPaths(home=Path(override).absolute(), cache=cache_dir())
    if os.geteuid() == 0:
        return StackPaths(home=Path("/var/lib/plugin-platform") / name, cache=cache_dir())
    base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return StackPaths(home=base / "plugin-platform" / name, cache=cache_dir())
