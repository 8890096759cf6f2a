from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from functools import partial

import pytest
import redis.asyncio
from starlette.requests import Request
from starlette.responses import Response

from gateway.cache import reads
from gateway_stand_ins.gate import Gate
from gateway_stand_ins.platform import NO_REDIS, Platform
from testkit.waiting import eventually

StartPlatform = Callable[..., Awaitable[Platform]]
SignIn = Callable[..., Awaitable[str]]


def cached(*groups: str) -> dict[str, str]:
    names = ", ".join(f'"{group}"' for group in groups)
    return {"cache-control": "public, max-age=300, stale-if-error=86400", "cache-groups": names, "etag": '"v1"'}


async def result(platform: Platform, path: str) -> str:
    return (await platform.client.get(path)).headers["x-cache"]


async def is_hit(platform: Platform, path: str) -> bool:
    """Ask until it is kept: just after the start the feed of purges connects, which empties the cache."""
    return await result(platform, path) == "hit"


@pytest.fixture
async def two_plugins(platform: Platform) -> Platform:
    """A gateway that has two plugins in its cache."""
    for name in ("a", "b"):
        path = f"/api/v1/plugins/{name}"
        platform.catalog.reply(path, name, headers=cached(f"plugin:{name}", "plugins"))
        await eventually(partial(is_hit, platform, path))
    return platform


async def test_a_purge_from_redis_drops_its_group_only(
    two_plugins: Platform, redis_client: redis.asyncio.Redis
) -> None:
    await redis_client.publish("cache-purge", json.dumps({"groups": ["plugin:a"]}))

    async def is_gone() -> bool:
        return await result(two_plugins, "/api/v1/plugins/a") == "miss"

    await eventually(is_gone)
    assert await result(two_plugins, "/api/v1/plugins/b") == "hit"


@pytest.mark.parametrize(
    "message", ["", "nonsense", "[]", '{"groups": "plugin:a"}', '{"groups": [1]}', '{"other": []}']
)
async def test_a_message_that_is_no_purge_changes_nothing(
    two_plugins: Platform, redis_client: redis.asyncio.Redis, message: str
) -> None:
    await redis_client.publish("cache-purge", message)
    await redis_client.publish("cache-purge", json.dumps({"groups": ["plugin:a"]}))

    async def is_gone() -> bool:
        return await result(two_plugins, "/api/v1/plugins/a") == "miss"

    await eventually(is_gone)
    assert await result(two_plugins, "/api/v1/plugins/b") == "hit"


async def test_a_successful_change_purges_what_it_names_before_it_is_answered(
    two_plugins: Platform, sign_in: SignIn, new_session: Callable[[], str]
) -> None:
    mine = "/api/v1/plugins/a/reviews/mine"
    two_plugins.catalog.reply(mine, "{}", headers={"cache-group-invalidation": '"plugin:a"'})
    cookie = {"cookie": f"sid={await sign_in(new_session())}"}
    answer = await two_plugins.client.put(mine, headers=cookie, json={})
    assert answer.status_code == 200
    assert await result(two_plugins, "/api/v1/plugins/a") == "miss"
    assert await result(two_plugins, "/api/v1/plugins/b") == "hit"


async def test_a_refused_change_or_a_read_purges_nothing(
    two_plugins: Platform, sign_in: SignIn, new_session: Callable[[], str]
) -> None:
    mine = "/api/v1/plugins/a/reviews/mine"
    cookie = {"cookie": f"sid={await sign_in(new_session())}"}
    two_plugins.catalog.reply(mine, "{}", status=422, headers={"cache-group-invalidation": '"plugin:a"'})
    await two_plugins.client.put(mine, headers=cookie, json={})
    two_plugins.catalog.reply(mine, "{}", headers={"cache-group-invalidation": '"plugin:a"'})
    await two_plugins.client.get(mine, headers=cookie)
    assert await result(two_plugins, "/api/v1/plugins/a") == "hit"


async def test_a_change_through_one_gateway_purges_the_other(
    start_platform: StartPlatform, sign_in: SignIn, new_session: Callable[[], str]
) -> None:
    one, other = await start_platform(), await start_platform()
    one.catalog.reply("/api/v1/plugins/c", "c", headers=cached("plugin:c"))
    await eventually(lambda: is_hit(other, "/api/v1/plugins/c"))
    mine = "/api/v1/plugins/c/reviews/mine"
    one.catalog.reply(mine, "{}", headers={"cache-group-invalidation": '"plugin:c"'})
    await one.client.put(mine, headers={"cookie": f"sid={await sign_in(new_session())}"}, json={})

    async def is_gone() -> bool:
        return await result(other, "/api/v1/plugins/c") == "miss"

    await eventually(is_gone)


async def test_a_fetch_that_began_before_a_purge_is_neither_kept_nor_joined(
    two_plugins: Platform, redis_client: redis.asyncio.Redis
) -> None:
    path = "/api/v1/plugins/d"
    released = asyncio.Event()
    bodies = iter(["old", "new"])

    async def slow_at_first(_request: Request) -> Response:
        body = next(bodies)
        if body == "old":
            await released.wait()
        return Response(body, headers=cached("plugin:d"))

    two_plugins.catalog.on(path, slow_at_first)
    early = asyncio.create_task(two_plugins.client.get(path))
    await two_plugins.catalog.wait_for_calls(path, 1)
    # The purge of another group tells when both have been applied: messages of one sender keep their order.
    await redis_client.publish("cache-purge", json.dumps({"groups": ["plugin:d"]}))
    await redis_client.publish("cache-purge", json.dumps({"groups": ["plugin:a"]}))

    async def purged() -> bool:
        return await result(two_plugins, "/api/v1/plugins/a") == "miss"

    await eventually(purged)
    late = await two_plugins.client.get(path)
    assert late.content == b"new"
    released.set()
    assert (await early).content == b"old"
    hit = await two_plugins.client.get(path)
    assert (hit.content, hit.headers["x-cache"]) == (b"new", "hit")


async def test_the_fetch_before_a_purge_is_not_kept_when_it_ends_last(
    two_plugins: Platform, sign_in: SignIn, new_session: Callable[[], str]
) -> None:
    path, mine = "/api/v1/plugins/e", "/api/v1/plugins/e/reviews/mine"
    released = asyncio.Event()

    async def slow(_request: Request) -> Response:
        await released.wait()
        return Response("old", headers=cached("plugin:e"))

    two_plugins.catalog.on(path, slow)
    early = asyncio.create_task(two_plugins.client.get(path))
    await two_plugins.catalog.wait_for_calls(path, 1)
    two_plugins.catalog.reply(mine, "{}", headers={"cache-group-invalidation": '"plugin:e"'})
    await two_plugins.client.put(mine, headers={"cookie": f"sid={await sign_in(new_session())}"}, json={})
    released.set()
    await early
    two_plugins.catalog.reply(path, "new", headers=cached("plugin:e"))
    answer = await two_plugins.client.get(path)
    assert (answer.content, answer.headers["x-cache"]) == (b"new", "miss")


@pytest.mark.parametrize("outage", ["shut", "hold"])
async def test_whoever_missed_purges_starts_anew(
    start_platform: StartPlatform, gated_redis_url: str, redis_gate: Gate, outage: str
) -> None:
    platform = await start_platform(redis_url=gated_redis_url)
    path = "/api/v1/plugins/f"
    platform.catalog.reply(path, "f", headers=cached("plugin:f"))
    await eventually(lambda: is_hit(platform, path))
    if outage == "shut":
        await redis_gate.shut()
    else:
        redis_gate.hold()
    assert await result(platform, path) == "hit"
    if outage == "hold":
        # Silence is noticed by pings; the connection is then given up and made anew.
        await redis_gate.shut()
    await redis_gate.open()

    async def is_gone() -> bool:
        return await result(platform, path) == "miss"

    await eventually(is_gone, timeout_seconds=10)


async def test_a_silent_redis_counts_as_lost(
    start_platform: StartPlatform, gated_redis_url: str, redis_gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.cache.purges.POLL_SECONDS", 0.05)
    monkeypatch.setattr("gateway.cache.purges.SILENCE_SECONDS", 0.2)
    monkeypatch.setattr(reads, "UNGUARDED_SECONDS", 0.0)
    platform = await start_platform(redis_url=gated_redis_url)
    path = "/api/v1/plugins/g"
    platform.catalog.reply(path, "g", headers=cached("plugin:g"))
    await eventually(lambda: is_hit(platform, path))
    redis_gate.hold()

    async def is_not_trusted() -> bool:
        return await result(platform, path) == "miss"

    await eventually(is_not_trusted)


async def test_while_purges_may_be_missed_nothing_stays_fresh_for_long(
    start_platform: StartPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reads, "UNGUARDED_SECONDS", 0.3)
    platform = await start_platform(redis_url=NO_REDIS)
    path = "/api/v1/plugins/h"
    platform.catalog.reply(path, "h", headers=cached("plugin:h"))
    await platform.client.get(path)
    assert await result(platform, path) == "hit"

    async def is_asked_again() -> bool:
        return await result(platform, path) == "miss"

    await eventually(is_asked_again)
    platform.catalog.reply(path, "broken", status=500)

    async def stands_in() -> bool:
        return await result(platform, path) == "stale"

    await eventually(stands_in)
