from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from gateway_stand_ins.gate import Gate
from gateway_stand_ins.platform import NO_REDIS, Platform
from testkit.waiting import eventually

StartPlatform = Callable[..., Awaitable[Platform]]
SignIn = Callable[..., Awaitable[str]]
NewSession = Callable[[], str]
LIST = {"cache-control": "public, max-age=300", "content-type": "application/json"}


async def test_without_redis_visitors_read_on_and_sessions_are_put_off(
    start_platform: StartPlatform,
    gated_redis_url: str,
    redis_gate: Gate,
    sign_in: SignIn,
    new_session: Callable[[], str],
) -> None:
    platform = await start_platform(redis_url=gated_redis_url)
    session = await sign_in(new_session())
    await redis_gate.shut()
    platform.catalog.reply("/api/v1/plugins", "[]", headers=LIST)
    platform.installs.reply("/api/v1/user/plugins", "[]")
    for headers in ({}, {"cookie": f"sid={session}"}, {"authorization": f"Bearer {session}"}):
        assert (await platform.client.get("/api/v1/plugins", headers=headers)).status_code == 200
    assert (await platform.client.get("/api/v1/user/plugins")).status_code == 200
    for headers in ({"cookie": f"sid={session}"}, {"authorization": f"Bearer {session}"}):
        answer = await platform.client.get("/api/v1/user/plugins", headers=headers)
        assert answer.status_code == 503
        assert answer.json()["code"] == "service_unavailable"
        assert int(answer.headers["retry-after"]) >= 1


async def test_sessions_work_again_as_soon_as_redis_does(
    start_platform: StartPlatform,
    gated_redis_url: str,
    redis_gate: Gate,
    sign_in: SignIn,
    new_session: Callable[[], str],
) -> None:
    platform = await start_platform(redis_url=gated_redis_url)
    platform.installs.reply("/api/v1/user/plugins", "[]")
    cookie = {"cookie": f"sid={await sign_in(new_session())}"}
    await redis_gate.shut()
    for _ in range(10):
        assert (await platform.client.get("/api/v1/user/plugins", headers=cookie)).status_code == 503
    await redis_gate.open()

    async def works() -> bool:
        return (await platform.client.get("/api/v1/user/plugins", headers=cookie)).status_code == 200

    await eventually(works, timeout_seconds=5)


async def test_a_redis_that_says_nothing_costs_a_moment_and_then_nothing(
    start_platform: StartPlatform,
    gated_redis_url: str,
    redis_gate: Gate,
    sign_in: SignIn,
    new_session: Callable[[], str],
) -> None:
    platform = await start_platform(redis_url=gated_redis_url)
    platform.catalog.reply("/api/v1/plugins", "[]", headers=LIST)
    session = await sign_in(new_session())
    redis_gate.hold()
    seconds = []
    for _ in range(10):
        started = time.monotonic()
        answer = await platform.client.get("/api/v1/user/plugins", headers={"cookie": f"sid={session}"})
        seconds.append(time.monotonic() - started)
        assert answer.status_code == 503
    # Two attempts of 100 ms each and some air for a busy machine; once the breaker is open, nothing waits.
    assert max(seconds) < 1.0
    assert min(seconds[5:]) < 0.05
    assert (await platform.client.get("/api/v1/plugins")).status_code == 200


async def test_a_gateway_starts_without_redis(start_platform: StartPlatform) -> None:
    platform = await start_platform(redis_url=NO_REDIS)
    platform.catalog.reply("/api/v1/plugins", "[]", headers=LIST)
    assert (await platform.client.get("/readyz")).status_code == 200
    assert (await platform.client.get("/api/v1/plugins")).status_code == 200
