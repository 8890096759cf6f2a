from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from testkit.client import asgi_client


def _app(events: list[str], *, failing_start: bool = False) -> Starlette:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        if failing_start:
            raise OSError("no database")
        events.append("start")
        yield
        events.append("stop")

    async def hello(_: Request) -> PlainTextResponse:
        events.append("request")
        return PlainTextResponse("hello")

    async def broken(_: Request) -> PlainTextResponse:
        raise ZeroDivisionError

    return Starlette(routes=[Route("/hello", hello), Route("/broken", broken)], lifespan=lifespan)


async def test_the_application_is_started_before_requests_and_stopped_after_them() -> None:
    events: list[str] = []
    async with asgi_client(_app(events)) as client:
        assert (await client.get("/hello")).text == "hello"
    assert events == ["start", "request", "stop"]


async def test_an_exception_of_the_application_is_an_answer_as_behind_a_real_server() -> None:
    async with asgi_client(_app([])) as client:
        assert (await client.get("/broken")).status_code == 500


async def test_an_application_that_does_not_start_is_told_with_its_reason() -> None:
    with pytest.raises(RuntimeError, match="no database"):
        async with asgi_client(_app([], failing_start=True)):
            pass
