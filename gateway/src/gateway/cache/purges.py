"""The feed of purges: Redis publishes ``{"groups": [...]}`` on a channel, every gateway process listens.

Such messages are not kept for whoever is away, so a process that was away drops everything when it is back.
"""

import asyncio
import json
import time
from collections.abc import Iterable
from contextlib import suppress

import redis.asyncio
import structlog
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from gateway.cache.store import CacheStore

CHANNEL = "cache-purge"
POLL_SECONDS = 1.0
SILENCE_SECONDS = 3.0
"""A connection that does not even answer pings for this long is lost."""

CONNECT_SECONDS = 1.0
RETRY_SECONDS = (0.1, 1.0)
_CANCEL_SECONDS = 0.1
_FAULTS = (RedisError, OSError, TimeoutError)

_log = structlog.get_logger()


class PurgeFeed:
    """Listens for purges and applies them.

    Parameters
    ----------
    redis_url
        The server; the channel is the same for all numbered databases.
    store
        What is purged.
    """

    def __init__(self, *, redis_url: str, store: CacheStore) -> None:
        self._url = redis_url
        self._store = store
        self.is_connected = False
        """Whether purges arrive at present."""
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to listen; it goes on through every outage."""
        self._task = asyncio.create_task(self._run(), name="purge-feed")

    async def aclose(self) -> None:
        """Stop listening."""
        while self._task is not None and not self._task.done():
            # Once is not enough: one that meets redis-py while it connects is lost (8.1, in a quarter of all cases).
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=_CANCEL_SECONDS)

    async def _run(self) -> None:
        pause = RETRY_SECONDS[0]
        while True:
            client = redis.asyncio.Redis.from_url(
                self._url, socket_connect_timeout=CONNECT_SECONDS, decode_responses=True
            )
            try:
                async with client.pubsub() as channel:
                    await channel.subscribe(CHANNEL)
                    pause = RETRY_SECONDS[0]
                    await self._listen(channel)
            except _FAULTS as error:
                _log.warning("purge_feed_lost", cause=repr(error)[:300])
            finally:
                self.is_connected = False
                with suppress(*_FAULTS):
                    await client.aclose()
            await asyncio.sleep(pause)
            pause = min(pause * 2, RETRY_SECONDS[1])

    async def _listen(self, channel: PubSub) -> None:
        heard_at = time.monotonic()
        while True:
            message = await channel.get_message(timeout=POLL_SECONDS)
            if message is None:
                if time.monotonic() - heard_at > SILENCE_SECONDS:
                    raise TimeoutError("the purge feed is silent")
                await channel.ping()
                continue
            heard_at = time.monotonic()
            if message["type"] == "subscribe":
                self._store.clear()
                self.is_connected = True
                _log.info("purge_feed_connected")
            elif message["type"] == "message":
                self._apply(message["data"])

    def _apply(self, content: str) -> None:
        groups = _groups(content)
        if groups is None:
            _log.warning("purge_not_understood", content=content[:200])
            return
        dropped = self._store.purge(groups)
        _log.debug("purged", groups=groups[:20], dropped=dropped)


def _groups(content: str) -> list[str] | None:
    try:
        message = json.loads(content)
        groups = message["groups"]
    except (ValueError, TypeError, KeyError):
        return None
    return groups if isinstance(groups, list) and all(isinstance(group, str) for group in groups) else None


async def publish_purge(client: "redis.asyncio.Redis", groups: Iterable[str]) -> None:
    """Tell every gateway process to purge groups; a lost message is made good by time to live."""
    with suppress(*_FAULTS):
        await client.publish(CHANNEL, json.dumps({"groups": sorted(groups)}))
