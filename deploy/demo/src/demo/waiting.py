"""Waiting for something to become true."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from demo.errors import DidNotHappenError

T = TypeVar("T")


async def wait_for(
    probe: Callable[[], Awaitable[T | None]], *, what: str, seconds: float, interval_seconds: float = 0.1
) -> T:
    """Ask again and again until the probe gives something.

    Parameters
    ----------
    probe
        Gives None while it is not so yet.
    what
        What is waited for, to be named when it does not happen.
    seconds, interval_seconds
        How long to wait, and between two questions.

    Raises
    ------
    DidNotHappenError
        It did not happen in that time.
    """
    until = time.monotonic() + seconds
    while True:
        found = await probe()
        if found is not None:
            return found
        if time.monotonic() > until:
            raise DidNotHappenError(
                f"In {seconds:.0f} s it did not happen that {what}.",
                remedy="See `make status` and `make logs`, then run the demo again: it goes on where it was.",
            )
        await asyncio.sleep(interval_seconds)
