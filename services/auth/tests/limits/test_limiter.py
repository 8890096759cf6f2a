"""The limiter alone: exact with Redis, and going on without."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from auth.domain.errors import RateLimitedError
from auth.domain.limits import LIMITS, SIGN_IN, Limit, Standing, Use, network_of, read_limits
from auth.storage.limits.counts import Count
from auth.storage.limits.limiter import Limiter
from auth.storage.limits.local_counts import LocalCounts
from auth.storage.redis_client import connect_redis
from testkit.waiting import eventually

_LIMIT = Limit(name="sign-in", quota=10, window_seconds=300)


@pytest.fixture(params=["running_redis", "stopped_redis"])
async def limiter(request: pytest.FixtureRequest) -> AsyncIterator[Limiter]:
    redis = connect_redis(request.getfixturevalue(request.param).url, timeout_seconds=2)
    yield Limiter(redis=redis, changed={})
    await redis.aclose()


async def _granted(limiter: Limiter, *uses: Use, times: int = 1) -> int:
    answers = await asyncio.gather(*(limiter.take(*uses, report=[]) for _ in range(times)), return_exceptions=True)
    assert all(isinstance(answer, RateLimitedError) for answer in answers if isinstance(answer, BaseException))
    return sum(not isinstance(answer, BaseException) for answer in answers)


async def test_of_many_at_once_exactly_as_many_pass_as_the_limit_says(limiter: Limiter) -> None:
    use, other = (Use(limit=_LIMIT, key=uuid4().hex) for _ in range(2))
    assert await _granted(limiter, use, times=40) == 10
    assert await _granted(limiter, other) == 1


@pytest.mark.parametrize("name", LIMITS)
async def test_every_limit_there_is_holds_without_redis(name: str, stopped_redis: Any) -> None:
    redis = connect_redis(stopped_redis.url, timeout_seconds=2)
    limiter = Limiter(redis=redis, changed={})
    use = Use(limit=LIMITS[name], key=uuid4().hex)
    try:
        assert await _granted(limiter, use, times=use.limit.quota + 5) == use.limit.quota
    finally:
        await redis.aclose()


async def test_what_is_over_one_limit_uses_up_no_other(limiter: Limiter) -> None:
    small = Use(limit=Limit(name="sign-in", quota=2, window_seconds=300), key=uuid4().hex)
    large = Use(limit=Limit(name="sign-in-total", quota=5, window_seconds=60, is_shown=False), key=uuid4().hex)
    assert await _granted(limiter, small, large, times=10) == 2
    report: list[Standing] = []
    await limiter.take(large, report=report)
    assert report == []  # of what all use up together nothing is said
    assert await _granted(limiter, large, times=10) == 2
    with pytest.raises(RateLimitedError) as refused:
        await limiter.take(small, large, report=report)
    assert {each.limit.name: each.remaining for each in report} == {"sign-in": 0, "sign-in-total": 0}
    assert 60 < (refused.value.retry_after_seconds or 0) <= 300


async def test_what_is_given_back_may_be_used_again(limiter: Limiter) -> None:
    use = Use(limit=_LIMIT, key=uuid4().hex)
    report: list[Standing] = []
    assert await _granted(limiter, use, times=10) == 10
    await limiter.give_back(use, report=report)
    assert [each.remaining for each in report] == [1]
    assert await _granted(limiter, use, times=3) == 1
    await limiter.give_back(use, report=report, forget=True)
    assert [(each.remaining, each.reset_seconds) for each in report] == [(10, 0)]
    assert await _granted(limiter, use, times=20) == 10


async def test_a_window_ends(limiter: Limiter) -> None:
    use = Use(limit=Limit(name="sign-in", quota=1, window_seconds=1), key=uuid4().hex)
    assert await _granted(limiter, use, times=5) == 1

    async def passes() -> bool:
        return await _granted(limiter, use) == 1

    await eventually(passes, 20, saying="the window is over")


async def test_an_outage_is_no_fresh_start_and_redis_is_used_again_after_it(running_redis: Any) -> None:
    redis = connect_redis(running_redis.url, timeout_seconds=0.2)
    limiter, other = (Limiter(redis=redis, changed={}) for _ in range(2))
    use, late = (Use(limit=_LIMIT, key=uuid4().hex) for _ in range(2))
    assert await _granted(limiter, use, times=7) == 7
    running_redis.stop()
    assert await _granted(limiter, use, times=20) == 3
    running_redis.start()
    await eventually(lambda: running_redis.is_ready, 30)

    async def counts_in_redis() -> bool:
        await _granted(limiter, late)
        async with Redis.from_url(running_redis.url, decode_responses=True) as client:
            return bool([key async for key in client.scan_iter(f"limit:{_LIMIT.name}:*")])

    await eventually(counts_in_redis, 20, saying="counts are in Redis again")
    passed = await _granted(limiter, late, times=20) + await _granted(other, late, times=20)
    assert passed < 10  # both processes share what is left
    await redis.aclose()


async def test_a_silent_redis_is_asked_once_in_a_while_only(running_redis: Any) -> None:
    redis = connect_redis(running_redis.url, timeout_seconds=0.2)
    now = 0.0
    limiter = Limiter(redis=redis, changed={}, monotonic=lambda: now)
    use = Use(limit=Limit(name="sign-in", quota=1_000, window_seconds=300), key=uuid4().hex)
    await limiter.take(use, report=[])
    asked = 0
    shared = limiter._shared.take

    async def counted(counts: Any) -> Any:
        nonlocal asked
        asked += 1
        return await shared(counts)

    limiter._shared.take = counted  # type: ignore[method-assign]
    running_redis.servers.pause("redis")
    try:
        assert await _granted(limiter, use) == 1
        assert await _granted(limiter, use, times=200) == 200
        assert asked == 1
        now = 2.0
        assert await _granted(limiter, use, times=200) == 200
        assert asked == 2
    finally:
        running_redis.servers.resume("redis")
    now = 4.0
    await limiter.take(use, report=[])
    assert asked == 3
    assert limiter._asks_again_at is None
    await redis.aclose()


def test_memory_is_bounded_and_what_is_used_often_stays() -> None:
    counts = LocalCounts(max_keys=100)
    often = Count(key="often", quota=1_000_000, window_seconds=60)
    for number in range(1_000):
        assert counts.take([often, Count(key=str(number), quota=1, window_seconds=60)]).is_granted
    assert len(counts._windows) == 100
    assert counts.take([often]).used[0].used == 1_001


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("unknown", "unknown"),
    ],
)
def test_a_network_is_an_ipv4_address_or_an_ipv6_64(address: str, network: str) -> None:
    assert network_of(address) == network


def test_figures_may_be_set_by_name() -> None:
    changed = read_limits(" sign-in=3/60  mail-total=7/10 ")
    assert {name: (each.quota, each.window_seconds) for name, each in changed.items()} == {
        "sign-in": (3, 60),
        "mail-total": (7, 10),
    }
    assert changed["mail-total"].is_shown is LIMITS["mail-total"].is_shown is False
    assert SIGN_IN.quota == 10
    for wrong in (
        "sign-in",
        "sign-in=0/60",
        "sign-in=5/0",
        "sign-in=-1/60",
        "nothing=1/1",
        "sign-in=1/1,mail-total=1/1",
    ):
        with pytest.raises(ValueError, match="LIMITS"):
            read_limits(wrong)
