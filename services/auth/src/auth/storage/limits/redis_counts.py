"""Counts that all processes share, in Redis: ``limit:<name>:<sha256 of the key>``, each with its window as its life."""

from collections.abc import Sequence

from redis.asyncio import Redis

from auth.storage.limits.counts import Count, Used, Verdict

_USED = """
local function used()
    local found = {}
    for index, key in ipairs(KEYS) do
        found[2 * index - 1] = tonumber(redis.call('GET', key) or '0')
        found[2 * index] = math.max(0, redis.call('PTTL', key))
    end
    return found
end
"""

_TAKE = (
    _USED
    + """
local before = used()
for index = 1, #KEYS do
    if before[2 * index - 1] >= tonumber(ARGV[2 * index - 1]) then
        table.insert(before, 0)
        return before
    end
end
for index, key in ipairs(KEYS) do
    if redis.call('INCR', key) == 1 then
        redis.call('EXPIRE', key, ARGV[2 * index])
    end
end
local after = used()
table.insert(after, 1)
return after
"""
)
"""Arguments: quota and seconds of each key. Gives count and milliseconds to live of each, and at last 1 for granted."""

_GIVE_BACK = (
    _USED
    + """
for _, key in ipairs(KEYS) do
    local count = tonumber(redis.call('GET', key) or '0')
    if count <= 1 or ARGV[1] == '1' then
        redis.call('DEL', key)
    else
        redis.call('DECR', key)
    end
end
return used()
"""
)
"""Argument: 1 to end the windows. Gives what `_TAKE` gives, without the last."""


class RedisCounts:
    """Windows in Redis.

    Parameters
    ----------
    redis
        A client with short time limits. Its errors are the caller's business.
    """

    def __init__(self, redis: Redis) -> None:
        self._take = redis.register_script(_TAKE)
        self._give_back = redis.register_script(_GIVE_BACK)

    async def take(self, counts: Sequence[Count]) -> Verdict:
        """Raise every count, or none where one has no room; raises `redis.exceptions.RedisError`."""
        arguments = [value for count in counts for value in (count.quota, count.window_seconds)]
        *used, granted = await self._take(keys=[count.key for count in counts], args=arguments)
        return Verdict(bool(granted), _pairs(used))

    async def give_back(self, counts: Sequence[Count], *, forget: bool = False) -> list[Used]:
        """Lower every count again, or end its window; raises `redis.exceptions.RedisError`."""
        return _pairs(await self._give_back(keys=[count.key for count in counts], args=[int(forget)]))


def _pairs(flat: Sequence[int]) -> list[Used]:
    return [Used(used, milliseconds / 1_000) for used, milliseconds in zip(flat[::2], flat[1::2], strict=True)]
