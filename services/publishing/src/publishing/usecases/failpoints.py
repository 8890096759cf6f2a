"""Places at which a test has the process killed, to see that what comes after finishes the work."""

import os
import signal

FAILPOINTS = (
    "staged",
    "stored",
    "received",
    "claimed",
    "scanned",
    "checked",
    "decided",
    "bundle-promoted",
    "promoted",
    "published",
    "files-cleared",
    "cleared",
)
"""In the order in which a submission passes them."""


class Failpoints:
    """Kills this process when it reaches the named place.

    Parameters
    ----------
    active
        One of `FAILPOINTS`, or None outside of tests.
    """

    def __init__(self, active: str | None) -> None:
        if active is not None and active not in FAILPOINTS:
            raise ValueError(f"there is no failpoint {active!r}; there are {', '.join(FAILPOINTS)}")
        self._active = active

    def reach(self, name: str) -> None:
        """Die here, without any clean-up, if this is the place."""
        if name == self._active:
            os.kill(os.getpid(), signal.SIGKILL)
