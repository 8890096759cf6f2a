"""Sessions at the edge: from the opaque id to the identity token that services verify.

Redis holds ``session:<sha256 of the id>`` with the fields ``identity`` and ``identity_expires_at``; auth writes it.
What was found is kept in this process for a second, which bounds how long a revoked session is still felt here.
"""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import redis.asyncio
import structlog
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from chassis.errors import ServiceUnavailableError
from gateway.auth_client import AuthClient
from gateway.breaker import Breaker
from gateway.single_flight import SingleFlight

REDIS_TIMEOUT_SECONDS = 0.1
REDIS_CONNECTIONS = 64
KEPT_SECONDS = 1.0
MAX_KEPT = 10_000
RENEW_BEFORE_SECONDS = 30.0
"""A token is renewed this long before it expires, so that it does not expire on its way through the platform."""

_log = structlog.get_logger()


def open_redis(url: str) -> "redis.asyncio.Redis":
    """Open the pool for session look-ups: short limits, since every signed-in request waits for it."""
    return redis.asyncio.Redis.from_url(
        url,
        socket_timeout=REDIS_TIMEOUT_SECONDS,
        socket_connect_timeout=REDIS_TIMEOUT_SECONDS,
        max_connections=REDIS_CONNECTIONS,
        retry=Retry(NoBackoff(), 1),
        decode_responses=True,
    )


@dataclass(frozen=True, slots=True)
class _Kept:
    identity: str | None
    expires_at: float
    until: float


class Sessions:
    """Finds the identity of a session.

    Parameters
    ----------
    client
        From `open_redis`.
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
        client: "redis.asyncio.Redis",
        auth: AuthClient,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._redis = client
        self._auth = auth
        self._now = now
        self._monotonic = monotonic
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._flights: SingleFlight[tuple[str, int], str | None] = SingleFlight()
        self._breaker = Breaker("redis", max_in_flight=10_000)
        self._changes = 0

    async def find_identity(self, session: str) -> str | None:
        """Give the identity token of a session, None where there is no such session any more.

        Raises
        ------
        ServiceUnavailableError
            Redis, or auth when the token has to be renewed, does not answer; a retry is safe.
        """
        key = hashlib.sha256(session.encode()).hexdigest()
        kept = self._kept.get(key)
        if kept is not None and kept.until > self._monotonic() and kept.expires_at > self._now():
            return kept.identity
        return await self._flights.run((key, self._changes), lambda: self._load(session, key, self._changes))

    def forget(self, session: str) -> None:
        """Look the session up anew next time: auth may just have changed its rights, or ended it."""
        self._changes += 1
        self._kept.pop(hashlib.sha256(session.encode()).hexdigest(), None)

    async def _load(self, session: str, key: str, changes: int) -> str | None:
        identity, expires_at = await self._read(key)
        if identity is not None and expires_at - self._now() <= RENEW_BEFORE_SECONDS:
            identity, expires_at = await self._renew(session, identity, expires_at)
        if changes == self._changes:  # else what was read may be older than the change
            self._keep(key, identity, expires_at)
        return identity

    async def _read(self, key: str) -> tuple[str | None, float]:
        try:
            with self._breaker.attempt((RedisError, OSError, TimeoutError)):
                found = await self._redis.hmget(f"session:{key}", ["identity", "identity_expires_at"])
        except (RedisError, OSError, TimeoutError) as error:
            _log.warning("sessions_unavailable", cause=repr(error)[:300])
            raise ServiceUnavailableError("the session store", retry_after_seconds=2) from error
        if found[0] is None or found[1] is None:
            return None, float("inf")
        return str(found[0]), float(found[1])

    async def _renew(self, session: str, identity: str, expires_at: float) -> tuple[str | None, float]:
        try:
            token = await self._auth.renew(session)
        except ServiceUnavailableError:
            if expires_at > self._now():
                return identity, expires_at  # good for some seconds more
            raise
        return (token.identity, token.expires_at) if token is not None else (None, float("inf"))

    def _keep(self, key: str, identity: str | None, expires_at: float) -> None:
        self._kept[key] = _Kept(identity, expires_at, self._monotonic() + KEPT_SECONDS)
        self._kept.move_to_end(key)
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
