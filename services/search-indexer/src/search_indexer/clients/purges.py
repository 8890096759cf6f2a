"""Telling caches, over Redis, which groups of answers grew stale."""

from collections.abc import Sequence

import msgspec
import structlog
from prometheus_client import Counter
from redis.asyncio import Redis
from redis.exceptions import RedisError

CHANNEL = "cache-purge"

TIMEOUT_SECONDS = 0.5
"""A purge is worth no more waiting: without it a cached answer lives out its time."""

PURGES = Counter("cache_purges_total", "Purge messages by outcome", ("outcome",))

_log = structlog.get_logger()


class CachePurges:
    """Publishes purges.

    Parameters
    ----------
    url
        Of Redis.
    """

    def __init__(self, *, url: str) -> None:
        self._redis = Redis.from_url(
            url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS, health_check_interval=30
        )

    async def publish(self, groups: Sequence[str]) -> None:
        """Tell all caches that answers of these groups are stale. Where Redis is away their lifetime remedies it.

        Never raises.
        """
        try:
            await self._redis.publish(CHANNEL, msgspec.json.encode({"groups": list(groups)}))
        except (RedisError, OSError) as error:
            PURGES.labels("failed").inc()
            _log.warning("purge_failed", groups=len(groups), error=repr(error)[:200])
        else:
            PURGES.labels("sent").inc()

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()
