"""Changes made through this gateway: ``Cache-Group-Invalidation`` (RFC 9875) purges here and at its siblings."""

import asyncio

import redis.asyncio

from gateway.cache.groups import parse_groups
from gateway.cache.purges import publish_purge
from gateway.cache.store import CacheStore
from gateway.headers import find_header
from gateway.request import Headers


class Invalidation:
    """Applies what successful changes invalidate.

    Parameters
    ----------
    store
        Purged at once, before the client sees its answer.
    client
        Carries the purge to the other gateway processes.
    """

    def __init__(self, *, store: CacheStore, client: "redis.asyncio.Redis") -> None:
        self._store = store
        self._redis = client
        self._publishing: set[asyncio.Task[None]] = set()

    def invalidate(self, headers: Headers) -> None:
        """Purge what the headers of a successful change name."""
        groups = parse_groups(find_header(headers, b"cache-group-invalidation"))
        if not groups:
            return
        self._store.purge(groups)
        task = asyncio.create_task(publish_purge(self._redis, groups))
        self._publishing.add(task)  # a task that nobody holds may be collected before it ran
        task.add_done_callback(self._publishing.discard)
