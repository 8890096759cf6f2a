"""Patience: wait for a condition instead of a time."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, overload

T = TypeVar("T")

_FIRST_PAUSE_SECONDS = 0.01
_LONGEST_PAUSE_SECONDS = 0.25


@overload
async def eventually(
    predicate: Callable[[], Awaitable[T | None]], timeout_seconds: float = ..., *, saying: str = ...
) -> T: ...
@overload
async def eventually(predicate: Callable[[], T | None], timeout_seconds: float = ..., *, saying: str = ...) -> T: ...


async def eventually(predicate: Callable[[], object], timeout_seconds: float = 15.0, *, saying: str = "") -> object:
    """Call a predicate until it gives something true, and return that.

    An `AssertionError` of the predicate counts as "not yet", so it may consist of asserts and return True.

    Parameters
    ----------
    predicate
        Called with pauses that grow from 10 to 250 ms.
    timeout_seconds
        How long to go on.
    saying
        What was waited for; part of the failure's text.

    Raises
    ------
    AssertionError
        When the time is over; it carries the last answer or the predicate's own assertion.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout_seconds
    pause_seconds = _FIRST_PAUSE_SECONDS
    while True:
        cause: AssertionError | None = None
        answer: object = None
        try:
            given = predicate()
            answer = await given if inspect.isawaitable(given) else given
            if answer:
                return answer
        except AssertionError as error:
            cause = error
        if loop.time() >= deadline:
            last = cause if cause is not None else repr(answer)
            raise AssertionError(f"not within {timeout_seconds} s: {saying or predicate}; last: {last}") from cause
        await asyncio.sleep(pause_seconds)
        pause_seconds = min(pause_seconds * 1.5, _LONGEST_PAUSE_SECONDS)


def run_apart(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on a thread of its own, whatever loop the test runner keeps on this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()
