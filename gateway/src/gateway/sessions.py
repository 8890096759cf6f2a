"""Sessions at the edge: from the opaque id to the identity token that services verify.

Redis holds ``session:<sha256 of the id>`` with the fields ``identity`` and ``identity_expires_at``; auth writes it.
What was found is kept in this process for a second, which bounds how long a revoked session is still felt here.
"""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

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
    pool = redis.asyncio.BlockingConnectionPool.from_url(
        url,
        timeout=REDIS_TIMEOUT_SECONDS,
        max_connections=REDIS_CONNECTIONS,
        socket_timeout=REDIS_TIMEOUT_SECONDS,
        socket_connect_timeout=REDIS_TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 1),
        decode_responses=True,
    )
    return redis.asyncio.Redis.from_pool(pool)


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


@dataclass(frozen=True, slots=True)
class _Kept:
    found: Found | None
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
        self._flights: SingleFlight[tuple[str, int], Found | None] = SingleFlight()
        self._breaker = Breaker("redis", max_in_flight=10_000)
        self._changes = 0

    async def find(self, session: str) -> Found | None:
        """Give the identity of a session, None where there is no such session any more.

        Raises
        ------
        ServiceUnavailableError
            Redis, or auth when the token has to be renewed, does not answer; a retry is safe.
        """
        key = hashlib.sha256(session.encode()).hexdigest()
        kept = self._kept.get(key)
        if (
            kept is not None
            and kept.until > self._monotonic()
            and (kept.found is None or kept.found.expires_at > self._now())
        ):
            return kept.found
        return await self._flights.run((key, self._changes), lambda: self._load(session, key, self._changes))

    def forget(self, session: str) -> None:
        """Look the session up anew next time: auth may just have changed its rights, or ended it."""
        self._changes += 1
        self._kept.pop(hashlib.sha256(session.encode()).hexdigest(), None)

    async def _load(self, session: str, key: str, changes: int) -> Found | None:
        asked_at = self._monotonic()
        found = await self._read(key)
        if found is not None and found.expires_at - self._now() <= RENEW_BEFORE_SECONDS:
            found = await self._renew(session, found)
        if changes == self._changes:  # else what was read may be older than the change
            self._keep(key, found, until=asked_at + KEPT_SECONDS)  # a slow answer is the older for it
        return found

    async def _read(self, key: str) -> Found | None:
        try:
            with self._breaker.attempt((RedisError, OSError, TimeoutError)):
                fields = await self._redis.hmget(f"session:{key}", ["identity", "identity_expires_at"])
        except (RedisError, OSError, TimeoutError) as error:
            _log.warning("sessions_unavailable", cause=repr(error)[:300])
            raise ServiceUnavailableError("the session store", retry_after_seconds=2) from error
        if fields[0] is None or fields[1] is None:
            return None
        return Found(str(fields[0]), float(fields[1]))

    async def _renew(self, session: str, found: Found) -> Found | None:
        try:
            token = await self._auth.renew(session)
        except ServiceUnavailableError:
            if found.expires_at > self._now():
                return found  # good for some seconds more
            raise
        return Found(token.identity, token.expires_at, token.session_lives_seconds) if token is not None else None

    def _keep(self, key: str, found: Found | None, *, until: float) -> None:
        kept = replace(found, lives_on_seconds=None) if found is not None else None
        self._kept[key] = _Kept(kept, until)
        self._kept.move_to_end(key)
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
