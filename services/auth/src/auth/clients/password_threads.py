"""Passwords are hashed on threads of their own: a bounded number at once, a bounded number waiting."""

import asyncio
import os
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from prometheus_client import Counter, Histogram

from auth.domain.errors import PasswordWorkBusyError
from auth.domain.passwords import hash_password, is_outdated, matches

CONCURRENT_HASHES = min(2, max(1, (os.cpu_count() or 2) // 2))
"""Each takes 19 MiB and a core for 20 to 100 ms: at least half of the cores stay for everything else."""

WAITING_HASHES = 32
"""About two seconds of work; who would wait longer is told to come back."""

REST_SHARE = 1.0
"""A thread rests for as long as it has worked before it takes the next password, so that a flood of sign-ins leaves the
event loop of its own process air: `make bench-sign-in`. A sign-in that comes alone never waits for it."""

RETRY_AFTER_SECONDS = 2

HASH_SECONDS = Histogram(
    "auth_password_hash_seconds",
    "Seconds of a core for hashing or checking one password",
    ("operation",),
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1),
)
HASHES_REFUSED = Counter("auth_password_hashes_refused_total", "Passwords not hashed because too many were waiting")

T = TypeVar("T")


def _busy() -> PasswordWorkBusyError:
    return PasswordWorkBusyError("too many passwords wait to be checked", retry_after_seconds=RETRY_AFTER_SECONDS)


class PasswordThreads:
    """Hashes and checks passwords off the event loop (argon2 gives up the interpreter's lock while it works)."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(CONCURRENT_HASHES, thread_name_prefix="passwords")
        self._room = threading.BoundedSemaphore(CONCURRENT_HASHES + WAITING_HASHES)
        self._rest = threading.local()
        self._decoy = hash_password(secrets.token_urlsafe())

    def require_room(self) -> None:
        """Return where another password would be taken now: a flood is refused before anything is read for it.

        Raises
        ------
        PasswordWorkBusyError
            Too many wait already.
        """
        if not self._room.acquire(blocking=False):
            HASHES_REFUSED.inc()
            raise _busy()
        self._room.release()

    async def hash(self, password: str) -> str:
        """Hash a password.

        Raises
        ------
        PasswordWorkBusyError
            Too many wait already.
        """
        return await self._run("hash", lambda: hash_password(password))

    async def check(self, password_hash: str | None, password: str) -> bool:
        """Say whether the password fits; without a hash it never does, and the answer takes as long.

        Raises
        ------
        PasswordWorkBusyError
            Too many wait already.
        """
        fits = await self._run("check", lambda: matches(password_hash or self._decoy, password))
        return fits and password_hash is not None

    async def check_and_refresh(self, password_hash: str | None, password: str) -> tuple[bool, str | None]:
        """As `check`; where the password fits a hash of former parameters, also give one of today's.

        Raises
        ------
        PasswordWorkBusyError
            Too many wait already.
        """
        fits = await self.check(password_hash, password)
        if not fits or password_hash is None or not is_outdated(password_hash):
            return fits, None
        try:
            return fits, await self.hash(password)
        except PasswordWorkBusyError:
            return fits, None  # the next sign-in will do

    async def _run(self, operation: str, work: Callable[[], T]) -> T:
        if not self._room.acquire(blocking=False):
            HASHES_REFUSED.inc()
            raise _busy()

        def timed() -> T:
            time.sleep(max(0.0, getattr(self._rest, "until", 0.0) - time.monotonic()))
            began_at = time.monotonic()
            try:
                return work()
            finally:
                ended_at = time.monotonic()
                HASH_SECONDS.labels(operation).observe(ended_at - began_at)
                self._rest.until = ended_at + REST_SHARE * (ended_at - began_at)

        try:
            future = self._threads.submit(timed)
        except BaseException:
            self._room.release()
            raise
        # Room is given back when the work is done, not when its caller stops waiting for it.
        future.add_done_callback(lambda _: self._room.release())
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Let the work at hand end and drop what waits."""
        self._threads.shutdown(wait=True, cancel_futures=True)
