"""The connection to Redis, and its outages as one error."""

from types import TracebackType

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from chassis.errors import ServiceUnavailableError

TIMEOUT_SECONDS = 1.0
"""Sessions are read in well below a millisecond; a server that takes a second is away."""

MAX_CONNECTIONS = 32

_log = structlog.get_logger()


def connect_redis(url: str, *, timeout_seconds: float = TIMEOUT_SECONDS) -> Redis:
    """Make a client with a bounded pool; it connects at its first use and again after an outage.

    Nobody waits for a connection, or for an answer, for longer than `timeout_seconds`.
    """
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=MAX_CONNECTIONS,
        timeout=timeout_seconds,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=timeout_seconds,
        # One more attempt at once: a pooled connection may have died with the server's last restart.
        retry=Retry(NoBackoff(), 1),
        decode_responses=True,
    )
    return Redis(connection_pool=pool)


class redis_outages:  # noqa: N801 - reads as a statement
    """Turns every failure of Redis into `ServiceUnavailableError`: without sessions nobody is signed in."""

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        if isinstance(error, RedisError):
            # Other messages than these may quote the command, and with it an identity token.
            quotable = isinstance(error, RedisConnectionError | RedisTimeoutError)
            _log.warning("redis_failed", kind=type(error).__name__, detail=str(error)[:200] if quotable else "")
            raise ServiceUnavailableError("the session store") from None
