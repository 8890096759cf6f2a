"""Sessions at the edge: from the opaque id to the identity token that services verify.

Redis holds ``session:<sha256 of the id>`` with the fields ``identity`` and ``identity_expires_at``; auth writes it.
What was found is kept in this process for a second, which bounds how long a revoked session is still felt here.
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from chassis.errors import ServiceUnavailableError
from gateway.auth_client import AuthClient
from gateway.identity_store import IdentityStore
from gateway.kept import KeptForAMoment
from gateway.single_flight import SingleFlight

RENEW_BEFORE_SECONDS = 30.0
"""A token is renewed this long before it expires, so that it does not expire on its way through the platform."""


@dataclass(frozen=True, slots=True)
class Found:
    """A session that is alive.

    Parameters
    ----------
    identity
        Signed token.
    expires_at
        Second since the epoch at which the token expires.
    lives_on_seconds
        How long the session lives on, where it has just been prolonged.
    """

    identity: str
    expires_at: float
    lives_on_seconds: int | None = None


class Sessions:
    """Finds the identity of a session.

    Parameters
    ----------
    store
        What auth has written.
    auth
        Renews tokens.
    now
        Seconds since the epoch, for the life of tokens.
    monotonic
        Monotonic seconds, for the life of what is kept here.
    """

    def __init__(
        self,
        *,
        store: IdentityStore,
        auth: AuthClient,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._auth = auth
        self._now = now
        self._monotonic = monotonic
        self._kept: KeptForAMoment[str, Found | None] = KeptForAMoment(monotonic=monotonic)
        self._flights: SingleFlight[tuple[str, int], Found | None] = SingleFlight()
        self._changes = 0

    async def find(self, session: str) -> Found | None:
        """Give the identity of a session, None where there is no such session any more.

        Raises
        ------
        ServiceUnavailableError
            Redis, or auth when the token has to be renewed, does not answer; a retry is safe.
        """
        key = hashlib.sha256(session.encode()).hexdigest()
        kept = self._kept.find(key)
        if kept is not None and (kept.value is None or kept.value.expires_at > self._now()):
            return kept.value
        return await self._flights.run((key, self._changes), lambda: self._load(session, key, self._changes))

    def forget(self, session: str) -> None:
        """Look the session up anew next time: auth may just have changed its rights, or ended it."""
        self._changes += 1
        self._kept.forget(hashlib.sha256(session.encode()).hexdigest())

    async def _load(self, session: str, key: str, changes: int) -> Found | None:
        asked_at = self._monotonic()
        found = await self._read(key)
        if found is not None and found.expires_at - self._now() <= RENEW_BEFORE_SECONDS:
            found = await self._renew(session, found)
        if changes == self._changes:  # else what was read may be older than the change
            kept = replace(found, lives_on_seconds=None) if found is not None else None
            self._kept.keep(key, kept, asked_at=asked_at)
        return found

    async def _read(self, key: str) -> Found | None:
        fields = await self._store.read(f"session:{key}", ("identity", "identity_expires_at"))
        return None if fields is None else Found(fields[0], float(fields[1]))

    async def _renew(self, session: str, found: Found) -> Found | None:
        try:
            token = await self._auth.renew(session)
        except ServiceUnavailableError:
            if found.expires_at > self._now():
                return found  # good for some seconds more
            raise
        return Found(token.identity, token.expires_at, token.session_lives_seconds) if token is not None else None
