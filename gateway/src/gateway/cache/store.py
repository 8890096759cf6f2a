"""The stored answers: bounded in bytes, purged by group, never filled with what was fetched before a purge."""

from collections import OrderedDict
from collections.abc import Iterable

from prometheus_client import Gauge

from gateway.cache.entry import Entry

MAX_BODY_BYTES = 1_048_576
"""Longer bodies are streamed and not kept: one of them would push out a hundred lists."""

MAX_REMEMBERED_PURGES = 10_000

STORED_BYTES = Gauge("cache_stored_bytes", "Memory of stored answers")


class CacheStore:
    """Keeps entries by key; the least recently used give way.

    Every purge draws a number. A fetch remembers the number at which it began; what it brings is kept only if none of
    its groups was purged since, because the service may have answered from before the change.

    Parameters
    ----------
    max_bytes
        Memory for entries.
    """

    def __init__(self, *, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._sizes: dict[str, int] = {}
        self._keys_of_group: dict[str, set[str]] = {}
        self._bytes = 0
        self._purged_at: dict[str, int] = {}
        self._everything_purged_at = 0
        self.purges = 0
        """The number of the last purge."""

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def size_bytes(self) -> int:
        """Memory taken, about."""
        return self._bytes

    def find(self, key: str) -> Entry | None:
        """Give an entry, whatever its age."""
        entry = self._entries.get(key)
        if entry is not None:
            self._entries.move_to_end(key)
        return entry

    def put(self, key: str, entry: Entry, *, begun_at: int) -> bool:
        """Keep an entry.

        Parameters
        ----------
        key
            See `cache_key`.
        entry
            What was fetched.
        begun_at
            `purges` when the fetch began.

        Returns
        -------
        bool
            False where it was purged meanwhile, or is too large.
        """
        size = entry.size_bytes + 2 * len(key)
        if begun_at < self._everything_purged_at or size > self._max_bytes:
            return False
        if any(self._purged_at.get(group, 0) > begun_at for group in entry.groups):
            return False
        self._drop(key)
        self._entries[key] = entry
        self._sizes[key] = size
        self._bytes += size
        for group in entry.groups:
            self._keys_of_group.setdefault(group, set()).add(key)
        while self._bytes > self._max_bytes:
            self._drop(next(iter(self._entries)))
        STORED_BYTES.set(self._bytes)
        return True

    def purge(self, groups: Iterable[str]) -> int:
        """Drop the entries of groups, and give their number."""
        self.purges += 1
        dropped = 0
        for group in groups:
            self._purged_at.pop(group, None)
            self._purged_at[group] = self.purges
            for key in list(self._keys_of_group.get(group, ())):
                self._drop(key)
                dropped += 1
        while len(self._purged_at) > MAX_REMEMBERED_PURGES:
            # Forgetting a purge is safe if fetches from before it are refused altogether.
            oldest = next(iter(self._purged_at))
            self._everything_purged_at = max(self._everything_purged_at, self._purged_at.pop(oldest))
        STORED_BYTES.set(self._bytes)
        return dropped

    def clear(self) -> None:
        """Drop everything."""
        self.purges += 1
        self._everything_purged_at = self.purges
        self._entries.clear()
        self._sizes.clear()
        self._keys_of_group.clear()
        self._purged_at.clear()
        self._bytes = 0
        STORED_BYTES.set(0)

    def _drop(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is None:
            return
        self._bytes -= self._sizes.pop(key)
        for group in entry.groups:
            keys = self._keys_of_group[group]
            keys.discard(key)
            if not keys:
                del self._keys_of_group[group]
