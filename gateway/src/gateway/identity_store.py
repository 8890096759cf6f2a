"""Redis as the gateway reads it for whoever is calling: what auth has written of sessions and API tokens."""

from collections.abc import Sequence

import redis.asyncio
import structlog
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from chassis.errors import ServiceUnavailableError
from gateway.breaker import Breaker

REDIS_TIMEOUT_SECONDS = 0.1
REDIS_CONNECTIONS = 64

_AWAY = (RedisError, OSError, TimeoutError)

_log = structlog.get_logger()


def open_redis(url: str) -> "redis.asyncio.Redis":
    """Open the pool for look-ups: short limits, since every signed-in request waits for it."""
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


class IdentityStore:
    """Reads entries; one breaker for all, since it is one server that is away.

    Parameters
    ----------
    client
        From `open_redis`.
    """

    def __init__(self, client: "redis.asyncio.Redis") -> None:
        self._redis = client
        self._breaker = Breaker("redis", max_in_flight=10_000)

    async def read(self, key: str, fields: Sequence[str]) -> list[str] | None:
        """Give these fields of an entry; None where there is none that has them all.

        Raises
        ------
        ServiceUnavailableError
            Redis does not answer; a retry is safe.
        """
        try:
            with self._breaker.attempt(_AWAY):
                found = await self._redis.hmget(key, list(fields))
        except _AWAY as error:
            _log.warning("identities_unavailable", cause=repr(error)[:300])
            raise ServiceUnavailableError("the session store", retry_after_seconds=2) from error
        values = [str(value) for value in found if value is not None]
        return values if len(values) == len(fields) else None
