"""API tokens at the edge: from the secret to the identity token that services verify.

Redis holds ``token:<sha256 of the token>`` with the fields ``identity``, ``identity_expires_at`` and ``source_ranges``
for some minutes after auth was asked; auth writes it. What was found for a network address, a refusal too, is kept in
this process for a second, which bounds how long a revoked token is still felt here.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from chassis.errors import PlatformError, ServiceUnavailableError
from contracts.api_tokens import permits_address, token_hash
from gateway.auth_client import AuthClient
from gateway.identity_store import IdentityStore
from gateway.kept import KeptForAMoment
from gateway.sessions import RENEW_BEFORE_SECONDS
from gateway.single_flight import SingleFlight


@dataclass(frozen=True, slots=True)
class _Found:
    identity: str
    expires_at: float


class Tokens:
    """Finds the identity of an API token.

    Parameters
    ----------
    store
        What auth has written.
    auth
        Asked where Redis has nothing.
    now
        Seconds since the epoch, for the life of identities.
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
        self._kept: KeptForAMoment[tuple[str, str], _Found | PlatformError] = KeptForAMoment(monotonic=monotonic)
        self._flights: SingleFlight[tuple[str, str], _Found | PlatformError] = SingleFlight()

    async def find(self, token: str, *, address: str) -> str:
        """Give the signed identity of a token that is used from a network address.

        Raises
        ------
        UnauthenticatedError
            There is no such token.
        TokenSourceRefusedError
            It is not for use from this address.
        RateLimitedError
            There is no such token, and too many others were tried from this network.
        ServiceUnavailableError
            Redis or auth does not answer; a retry is safe.
        """
        key = (token_hash(token), address)
        kept = self._kept.find(key)
        result = None if kept is None else kept.value
        if result is None or (isinstance(result, _Found) and result.expires_at <= self._now()):
            result = await self._flights.run(key, lambda: self._load(token, key))
        if isinstance(result, PlatformError):
            raise result.with_traceback(None)
        return result.identity

    async def _load(self, token: str, key: tuple[str, str]) -> _Found | PlatformError:
        asked_at = self._monotonic()
        hashed, address = key
        result: _Found | PlatformError | None = await self._read(hashed, address)
        if result is None:
            try:
                answer = await self._auth.exchange(token, address=address)
                result = _Found(answer.identity, answer.expires_at)
            except ServiceUnavailableError:
                raise
            except PlatformError as refusal:
                result = refusal
        self._kept.keep(key, result, asked_at=asked_at)
        return result

    async def _read(self, hashed: str, address: str) -> _Found | None:
        """Read what Redis has, if that is good for this address; auth also records who is refused."""
        found = await self._store.read(f"token:{hashed}", ("identity", "identity_expires_at", "source_ranges"))
        if found is None:
            return None
        identity, expires_at, ranges = found
        if float(expires_at) - self._now() <= RENEW_BEFORE_SECONDS:
            return None
        networks = [each for each in ranges.split(",") if each]
        return _Found(identity, float(expires_at)) if permits_address(networks, address) else None
