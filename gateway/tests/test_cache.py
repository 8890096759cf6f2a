from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from starlette.requests import Request
from starlette.responses import Response

from gateway_stand_ins.platform import Platform
from testkit.waiting import eventually

LIST = "/api/v1/plugins"
DETAIL = "/api/v1/plugins/chart-kit"
CACHED = {
    "cache-control": "public, max-age=300, stale-while-revalidate=30, stale-if-error=86400",
    "content-type": "application/json",
    "etag": '"v1"',
    "cache-groups": '"plugin:chart-kit", "plugins"',
}


async def test_a_second_read_is_a_hit(platform: Platform) -> None:
    platform.catalog.reply(LIST, '{"items":[]}', headers=CACHED)
    first = await platform.client.get(LIST)
    second = await platform.client.get(LIST)
    assert (first.headers["x-cache"], second.headers["x-cache"]) == ("miss", "hit")
    assert first.content == second.content == b'{"items":[]}'
    assert second.headers["age"] == "0"
    assert second.headers["etag"] == '"v1"'
    assert second.headers["cache-groups"] == CACHED["cache-groups"]
    assert second.headers["cache-control"] == CACHED["cache-control"]
    assert platform.catalog.calls(LIST) == 1


async def test_head_is_answered_from_the_stored_get(platform: Platform) -> None:
    platform.catalog.reply(LIST, "12345", headers=CACHED)
    assert (await platform.client.head(LIST)).headers["x-cache"] == "miss"
    hit = await platform.client.head(LIST)
    assert (hit.headers["x-cache"], hit.headers["content-length"], hit.content) == ("hit", "5", b"")
    assert (await platform.client.get(LIST)).content == b"12345"
    assert platform.catalog.calls(LIST) == 1


async def test_the_query_is_part_of_the_key_whatever_its_order(platform: Platform) -> None:
    async def echo(request: Request) -> Response:
        return Response(str(request.url.query), headers=CACHED)

    platform.catalog.on(LIST, echo)
    assert (await platform.client.get(f"{LIST}?q=map&limit=5")).headers["x-cache"] == "miss"
    assert (await platform.client.get(f"{LIST}?limit=5&q=map")).headers["x-cache"] == "hit"
    assert (await platform.client.get(f"{LIST}?limit=5&q=chart")).headers["x-cache"] == "miss"
    assert (await platform.client.get(f"{LIST}?tag=a&tag=b")).headers["x-cache"] == "miss"
    assert (await platform.client.get(f"{LIST}?tag=b&tag=a")).headers["x-cache"] == "miss"
    assert (await platform.client.get(f"{LIST}?q=1&%71=2")).headers["x-cache"] == "miss"
    assert (await platform.client.get(f"{LIST}?%71=2&q=1")).headers["x-cache"] == "miss"


async def test_sessions_and_other_headers_are_no_part_of_the_key(
    platform: Platform, sign_in: Callable[..., Awaitable[str]], new_session: Callable[[], str]
) -> None:
    platform.catalog.reply(LIST, "same for all", headers=CACHED)
    await platform.client.get(LIST, headers={"accept-encoding": "gzip", "accept-language": "de"})
    session = await sign_in(new_session())
    for headers in ({"cookie": f"sid={session}"}, {"authorization": f"Bearer {session}"}, {"accept": "text/html"}):
        assert (await platform.client.get(LIST, headers=headers)).headers["x-cache"] == "hit"


async def test_a_client_that_has_it_gets_304(platform: Platform) -> None:
    platform.catalog.reply(LIST, "body", headers=CACHED)
    for expected in ("miss", "hit"):
        answer = await platform.client.get(LIST, headers={"if-none-match": '"other", W/"v1"'})
        assert answer.status_code == 304
        assert answer.headers["x-cache"] == expected
        assert answer.headers["etag"] == '"v1"'
        assert answer.headers["cache-control"] == CACHED["cache-control"]
        assert "content-length" not in answer.headers
        assert answer.content == b""
    assert (await platform.client.get(LIST, headers={"if-none-match": '"v2"'})).status_code == 200
    assert (await platform.client.get(LIST, headers={"if-none-match": "*"})).status_code == 304


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (200, {}),
        (200, {"cache-control": "private, max-age=60"}),
        (200, {"cache-control": "no-store, max-age=60"}),
        (200, {"cache-control": "no-cache, max-age=60"}),
        (200, {"cache-control": "max-age=0"}),
        (200, {"cache-control": "max-age=nonsense"}),
        (200, {"cache-control": "max-age=60", "vary": "*"}),
        (200, {"cache-control": "max-age=60", "vary": "accept-language"}),
        (404, {"cache-control": "no-store", "content-type": "application/problem+json"}),
        (422, {"cache-control": "max-age=60"}),
        (302, {"cache-control": "max-age=60", "location": "https://cdn.test/x"}),
    ],
)
async def test_what_may_not_be_kept_is_not(platform: Platform, status: int, headers: dict[str, str]) -> None:
    platform.catalog.reply(DETAIL, "{}", status=status, headers=headers)
    for _ in range(2):
        answer = await platform.client.get(DETAIL)
        assert (answer.status_code, answer.headers["x-cache"]) == (status, "miss")
    assert platform.catalog.calls(DETAIL) == 2


async def test_a_read_with_authorization_is_kept_only_if_it_is_public(
    platform: Platform, new_session: Callable[[], str]
) -> None:
    with_token = {"authorization": f"Bearer {new_session()}"}
    platform.catalog.reply(LIST, "a", headers={"cache-control": "max-age=60"})
    platform.catalog.reply(DETAIL, "b", headers={"cache-control": "public, max-age=60"})
    for path, expected in ((LIST, "miss"), (DETAIL, "hit")):
        await platform.client.get(path, headers=with_token)
        assert (await platform.client.get(path)).headers["x-cache"] == expected


async def test_cookies_of_a_service_are_not_shared(platform: Platform) -> None:
    platform.catalog.reply(LIST, "[]", headers={**CACHED, "set-cookie": "tracker=1"})
    assert "set-cookie" not in (await platform.client.get(LIST)).headers
    assert "set-cookie" not in (await platform.client.get(LIST)).headers


async def test_age_counts_on_from_what_the_service_said(platform: Platform) -> None:
    platform.catalog.reply(LIST, "[]", headers={**CACHED, "age": "100"})
    await platform.client.get(LIST)
    hit = await platform.client.get(LIST)
    assert hit.headers["x-cache"] == "hit"
    assert hit.headers.get_list("age") == ["100"]


async def test_fifty_at_once_make_one_call(platform: Platform) -> None:
    released = asyncio.Event()

    async def slow(_request: Request) -> Response:
        await released.wait()
        return Response("[]", headers=CACHED)

    platform.catalog.on(LIST, slow)
    calls = [asyncio.create_task(platform.client.get(LIST)) for _ in range(50)]
    await platform.catalog.wait_for_calls(LIST, 1)
    released.set()
    answers = await asyncio.gather(*calls)
    assert {answer.status_code for answer in answers} == {200}
    assert platform.catalog.calls(LIST) == 1


async def test_errors_are_shared_by_those_who_wait_and_kept_for_nobody(platform: Platform) -> None:
    released = asyncio.Event()

    async def failing(_request: Request) -> Response:
        await released.wait()
        return Response('{"code":"x"}', 503, {"content-type": "application/problem+json", "retry-after": "7"})

    platform.catalog.on(LIST, failing)
    calls = [asyncio.create_task(platform.client.get(LIST)) for _ in range(10)]
    await platform.catalog.wait_for_calls(LIST, 1)
    released.set()
    assert {(answer.status_code, answer.headers["retry-after"]) for answer in await asyncio.gather(*calls)} == {
        (503, "7")
    }
    assert platform.catalog.calls(LIST) == 1
    platform.catalog.reply(LIST, "[]", headers=CACHED)
    assert (await platform.client.get(LIST)).status_code == 200


async def test_a_long_answer_is_streamed_to_everyone_and_not_kept(platform: Platform) -> None:
    body = b"x" * 1_500_000
    platform.catalog.reply(LIST, body, headers=CACHED)
    answers = await asyncio.gather(*(platform.client.get(LIST) for _ in range(3)))
    assert all(answer.content == body for answer in answers)
    assert (await platform.client.get(LIST)).headers["x-cache"] == "miss"


async def test_stale_while_revalidate_serves_at_once_and_fetches_once(platform: Platform) -> None:
    released = asyncio.Event()
    stale = {**CACHED, "cache-control": "public, max-age=0, stale-while-revalidate=30"}
    platform.catalog.reply(LIST, "old", headers=stale)
    await platform.client.get(LIST)

    async def slow(_request: Request) -> Response:
        await released.wait()
        return Response("new", headers={**CACHED, "etag": '"v2"'})

    platform.catalog.on(LIST, slow)
    for _ in range(5):
        answer = await platform.client.get(LIST)
        assert (answer.content, answer.headers["x-cache"]) == (b"old", "stale")
    await platform.catalog.wait_for_calls(LIST, 2)
    released.set()

    async def is_new() -> bool:
        answer = await platform.client.get(LIST)
        return (answer.content, answer.headers["x-cache"]) == (b"new", "hit")

    await eventually(is_new)
    assert platform.catalog.calls(LIST) == 2


async def test_a_stale_entry_is_revalidated_by_its_etag(platform: Platform) -> None:
    platform.catalog.reply(LIST, "body", headers={**CACHED, "cache-control": "public, max-age=0, stale-if-error=60"})
    await platform.client.get(LIST)
    platform.catalog.reply(LIST, "", status=304, headers={"etag": '"v1"', "cache-control": "public, max-age=60"})
    answer = await platform.client.get(LIST)
    assert (answer.status_code, answer.content, answer.headers["x-cache"]) == (200, b"body", "miss")
    assert platform.catalog.last.header("if-none-match") == '"v1"'
    hit = await platform.client.get(LIST)
    assert (hit.content, hit.headers["x-cache"]) == (b"body", "hit")
    assert hit.headers["content-type"] == "application/json"
    assert hit.headers.get_list("cache-control") == ["public, max-age=60"]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("kind", ["application/problem+json", "text/plain"])
async def test_stale_if_error_stands_in_for_a_failing_service(platform: Platform, status: int, kind: str) -> None:
    platform.catalog.reply(LIST, "old", headers={**CACHED, "cache-control": "public, max-age=0, stale-if-error=60"})
    await platform.client.get(LIST)
    platform.catalog.reply(LIST, "{}", status=status, headers={"content-type": kind})
    answer = await platform.client.get(LIST)
    assert (answer.status_code, answer.content, answer.headers["x-cache"]) == (200, b"old", "stale")


async def test_an_answer_that_must_be_revalidated_never_stands_in(platform: Platform) -> None:
    strict = {**CACHED, "cache-control": "public, max-age=0, must-revalidate, stale-if-error=60"}
    platform.catalog.reply(LIST, "old", headers=strict)
    await platform.client.get(LIST)
    platform.catalog.reply(LIST, "{}", status=503, headers={"content-type": "application/problem+json"})
    assert (await platform.client.get(LIST)).status_code == 503


@pytest.mark.parametrize("path", ["/api/v1/user/plugins", "/api/v1/auth/me", "/api/v1/plugins/chart-kit/reviews/mine"])
async def test_personal_answers_are_never_kept(
    platform: Platform, sign_in: Callable[..., Awaitable[str]], new_session: Callable[[], str], path: str
) -> None:
    services = (platform.installs, platform.auth, platform.catalog)
    for service in services:
        service.reply(path, "mine", headers=CACHED)
    cookie = {"cookie": f"sid={await sign_in(new_session())}"}
    for _ in range(2):
        assert (await platform.client.get(path, headers=cookie)).headers["x-cache"] == "bypass"
    assert sum(service.calls(path) for service in services) == 2


async def test_memory_is_bounded_and_the_least_used_gives_way(
    start_platform: Callable[..., Awaitable[Platform]],
) -> None:
    platform = await start_platform(cache_max_bytes=100_000)

    async def page(_request: Request) -> Response:
        return Response("x" * 20_000, headers=CACHED)

    platform.catalog.on(LIST, page)
    for number in range(4):
        await platform.client.get(f"{LIST}?cursor={number}")
    assert (await platform.client.get(f"{LIST}?cursor=0")).headers["x-cache"] == "hit"
    await platform.client.get(f"{LIST}?cursor=4")
    assert (await platform.client.get(f"{LIST}?cursor=0")).headers["x-cache"] == "hit"
    assert (await platform.client.get(f"{LIST}?cursor=1")).headers["x-cache"] == "miss"
