"""The limiter: counts in Redis, and in this process as well, which alone decides while Redis is away."""

import hashlib
import math
import time
from collections.abc import Callable, Mapping, Sequence

import structlog
from prometheus_client import Counter, Gauge
from redis.asyncio import Redis
from redis.exceptions import RedisError

from auth.domain.errors import RateLimitedError
from auth.domain.limits import Limit, Standing, Use
from auth.storage.limits.counts import Count, Used, Verdict
from auth.storage.limits.local_counts import LocalCounts
from auth.storage.limits.redis_counts import RedisCounts
from chassis.errors import PlatformError

RETRY_SECONDS = 1.0
"""Pause after a failure of Redis, in which it is not asked: an outage costs one request a second its time limit."""

REFUSED = Counter("auth_limits_refused_total", "Requests over a limit", ("limit",))
REDIS_AWAY = Gauge("auth_limits_redis_away", "1 while the limits count in this process only")

_log = structlog.get_logger()


class Limiter:
    """Counts uses of limits. It never fails, and waits for Redis for a moment at most.

    While Redis is away each process counts for itself, so a limit holds once per process. Every use is counted here too
    while Redis answers, so that an outage is no fresh start; what Redis says is right as soon as it answers again.

    Parameters
    ----------
    redis
        A client with short time limits; see `auth.storage.redis_client.connect_redis`.
    changed
        Limits of other figures, by name.
    monotonic
        Source of the present, in seconds.
    """

    def __init__(
        self, *, redis: Redis, changed: Mapping[str, Limit], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._shared = RedisCounts(redis)
        self._own = LocalCounts(monotonic=monotonic)
        self._changed = changed
        self._monotonic = monotonic
        self._asks_again_at: float | None = None  # set while Redis is away

    async def take(
        self, *uses: Use, report: list[Standing], refusal: type[PlatformError] = RateLimitedError
    ) -> Sequence[Standing]:
        """Count one use of each limit, or of none where one is used up.

        Parameters
        ----------
        report
            What the answer's headers will say; replaces what it says of these limits.
        refusal
            The error to raise.

        Returns
        -------
        Sequence[Standing]
            How the limits stand, in the order of `uses`.

        Raises
        ------
        PlatformError
            Of the class `refusal`, with the seconds after which a retry may succeed; nothing was counted.
        """
        limits = [self._figures(use) for use in uses]
        counts = [_count(limit, use.key) for limit, use in zip(limits, uses, strict=True)]
        verdict = await self._take(counts)
        standings = _standings(limits, verdict.used)
        if verdict.is_granted:
            _tell(report, [each for each in standings if each.limit.is_shown])
            return standings
        spent = [each for each in standings if each.remaining == 0]
        _tell(report, [each for each in standings if each.limit.is_shown or each in spent])
        for each in spent:
            REFUSED.labels(each.limit.name).inc()
        seconds = max((each.reset_seconds for each in spent), default=1)
        raise refusal("too many requests of this kind of late", retry_after_seconds=max(1, seconds))

    async def give_back(self, *uses: Use, report: list[Standing], forget: bool = False) -> None:
        """Count one use of each less: it was none after all. With `forget` the windows end, whatever was counted."""
        limits = [self._figures(use) for use in uses]
        counts = [_count(limit, use.key) for limit, use in zip(limits, uses, strict=True)]
        used = self._own.give_back(counts, forget=forget)
        if self._may_ask_redis():
            try:
                used = await self._shared.give_back(counts, forget=forget)
            except RedisError as error:
                self._note_failure(error)
            else:
                self._note_answer()
        _tell(report, [each for each in _standings(limits, used) if each.limit.is_shown])

    async def _take(self, counts: Sequence[Count]) -> Verdict:
        if self._may_ask_redis():
            try:
                verdict = await self._shared.take(counts)
            except RedisError as error:
                self._note_failure(error)
            else:
                self._note_answer()
                if verdict.is_granted:
                    self._own.take(counts)
                return verdict
        return self._own.take(counts)

    def _may_ask_redis(self) -> bool:
        if self._asks_again_at is None:
            return True
        now = self._monotonic()
        if now < self._asks_again_at:
            return False
        self._asks_again_at = now + RETRY_SECONDS  # this one asks, the others go on without
        return True

    def _note_failure(self, error: RedisError) -> None:
        if self._asks_again_at is None:
            REDIS_AWAY.set(1)
            _log.warning("limits_count_in_this_process", kind=type(error).__name__)
        self._asks_again_at = self._monotonic() + RETRY_SECONDS

    def _note_answer(self) -> None:
        if self._asks_again_at is not None:
            REDIS_AWAY.set(0)
            _log.info("limits_count_in_redis_again")
        self._asks_again_at = None

    def _figures(self, use: Use) -> Limit:
        return self._changed.get(use.limit.name, use.limit)


def _count(limit: Limit, key: str) -> Count:
    # Hashed: what people type into an address field may be a password.
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
    return Count(key=f"limit:{limit.name}:{digest}", quota=limit.quota, window_seconds=limit.window_seconds)


def _standings(limits: Sequence[Limit], used: Sequence[Used]) -> list[Standing]:
    return [
        Standing(limit=limit, remaining=max(0, limit.quota - each.used), reset_seconds=math.ceil(each.ends_in_seconds))
        for limit, each in zip(limits, used, strict=True)
    ]


def _tell(report: list[Standing], standings: Sequence[Standing]) -> None:
    names = {each.limit.name for each in standings}
    report[:] = [*(each for each in report if each.limit.name not in names), *standings]
