"""API tokens at the edge: from the secret to the identity token that services verify.

Redis holds ``token:<sha256 of the token>`` with the fields ``identity``, ``identity_expires_at`` and ``source_ranges``
for some minutes after auth was asked; auth writes it. What was found for a network address, a refusal too, is kept in
this process for a second, which bounds how long a revoked token is still felt here.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import redis.asyncio
import structlog
from redis.exceptions import RedisError

from chassis.errors import PlatformError, ServiceUnavailableError
from contracts.api_tokens import permits_address, token_hash
from gateway.auth_client import AuthClient
from gateway.breaker import Breaker
from gateway.sessions import KEPT_SECONDS, MAX_KEPT, RENEW_BEFORE_SECONDS
from gateway.single_flight import SingleFlight

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Found:
    identity: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class _Kept:
    result: _Found | PlatformError
    until: float


class Tokens:
    """Finds the identity of an API token.

    Parameters
    ----------
    client
        From `gateway.sessions.open_redis`.
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
        client: "redis.asyncio.Redis",
        auth: AuthClient,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._redis = client
        self._auth = auth
        self._now = now
        self._monotonic = monotonic
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()
        self._flights: SingleFlight[tuple[str, str], _Found | PlatformError] = SingleFlight()
        self._breaker = Breaker("redis", max_in_flight=10_000)

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
        kept = self._kept.get(key)
        result = kept.result if kept is not None and kept.until > self._monotonic() else None
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
        self._kept[key] = _Kept(result, until=asked_at + KEPT_SECONDS)
        self._kept.move_to_end(key)
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        return result

    async def _read(self, hashed: str, address: str) -> _Found | None:
        """Read what Redis has, if that is good for this address; auth also records who is refused."""
        try:
            with self._breaker.attempt((RedisError, OSError, TimeoutError)):
                fields = ["identity", "identity_expires_at", "source_ranges"]
                identity, expires_at, ranges = await self._redis.hmget(f"token:{hashed}", fields)
        except (RedisError, OSError, TimeoutError) as error:
            _log.warning("tokens_unavailable", cause=repr(error)[:300])
            raise ServiceUnavailableError("the session store", retry_after_seconds=2) from error
        if identity is None or expires_at is None or ranges is None:
            return None
        if float(expires_at) - self._now() <= RENEW_BEFORE_SECONDS:
            return None
        networks = [each for each in str(ranges).split(",") if each]
        return _Found(str(identity), float(expires_at)) if permits_address(networks, address) else None
