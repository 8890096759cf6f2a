"""What can go wrong while the platform is set up, said so that a person knows the way out."""

from __future__ import annotations

from pathlib import Path


class LocalPlatformError(Exception):
    """A situation that stops a command.

    Parameters
    ----------
    what
        One sentence that names the program, port or tool.
    remedy
        What the reader can do now.
    log
        The log whose last lines explain it, where there is one.
    """

    def __init__(self, what: str, *, remedy: str, log: Path | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
        self.log = log


class PortTakenError(LocalPlatformError):
    """A port of the stack belongs to somebody else's process."""


class MissingToolError(LocalPlatformError):
    """A program that the recipes need is not on this machine."""


class DownloadFailedError(LocalPlatformError):
    """A server's jars could not be fetched. Trying again is safe: nothing half-done is kept."""


class NotReadyError(LocalPlatformError):
    """A program did not become healthy in its time, or ended."""


class StepFailedError(LocalPlatformError):
    """A set-up step (migration, seeding) ended with an error. Trying again is safe: every step is idempotent."""


class NotRunningError(LocalPlatformError):
    """A command needs the running stack and there is none."""
