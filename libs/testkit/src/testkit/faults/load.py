"""A bounded load at a fixed rate: operations begin by the clock, whatever became of those before them."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import aiohttp

_CLIENT_SECONDS = 40.0
_SERVICE_UNAVAILABLE = 503


@dataclass(frozen=True)
class Answer:
    """What came back.

    Parameters
    ----------
    status
        0 where nothing came back; `text` then says why.
    """

    status: int
    text: str = ""
    retry_after: str | None = None
    cookie: str | None = None

    def json(self) -> Any:  # noqa: ANN401 - the shape is that of the address
        """Decode the body."""
        return json.loads(self.text)

    @property
    def is_accepted(self) -> bool:
        """Whether the platform acknowledged it."""
        return 200 <= self.status < 300  # noqa: PLR2004 - HTTP

    @property
    def is_honest_refusal(self) -> bool:
        """Whether it says when to come back."""
        return self.status == _SERVICE_UNAVAILABLE and (self.retry_after or "").isdigit()


@dataclass
class Tally:
    """How operations ended."""

    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[Answer] = field(default_factory=list)
    """Answers that are neither an acknowledgement nor a 503 with Retry-After; the first of them."""
    longest_seconds: float = 0.0
    began_at: float = 0.0
    ended_at: float = 0.0
    """Of the first and the last answer, by the loop's clock."""
    refusals: Counter[str] = field(default_factory=Counter)
    """The texts of honest refusals."""
    last_refusal_at: float = 0.0
    """Of the loop's clock; 0 where none was refused."""

    @property
    def total(self) -> int:
        """Operations that ended."""
        return self.statuses.total()

    @property
    def accepted(self) -> int:
        """Operations that were acknowledged."""
        return sum(count for status, count in self.statuses.items() if 200 <= status < 300)  # noqa: PLR2004 - HTTP

    @property
    def per_second(self) -> float:
        """Rate at which they ended."""
        return self.total / max(0.001, self.ended_at - self.began_at)

    @property
    def accepted_percent(self) -> float:
        """Of all that ended."""
        return 100.0 * self.accepted / max(1, self.total)

    def note(self, answer: Answer, *, seconds: float, now: float) -> None:
        """Count an answer."""
        self.statuses[answer.status] += 1
        self.began_at = self.began_at or now
        self.ended_at = now
        self.longest_seconds = max(self.longest_seconds, seconds)
        if not answer.is_accepted:
            self.last_refusal_at = now
            if answer.is_honest_refusal:
                self.refusals[answer.json().get("detail", "")] += 1
            elif len(self.wrong) < 20:  # noqa: PLR2004 - enough to read
                self.wrong.append(answer)


class Load:
    """Runs an operation at a fixed rate while the ``async with`` block runs, and waits for the last answers.

    Parameters
    ----------
    operation
        Sends one request and gives its answer.
    per_second
        How many begin in a second.
    max_in_flight
        Where so many wait for their answers the next begin late. A machine that is too slow for the rate thus gets
        a lower one, which the tally tells, rather than a queue whose refusals say nothing about the fault.
    """

    def __init__(
        self, operation: Callable[[], Awaitable[Answer]], *, per_second: float, max_in_flight: int = 2_000
    ) -> None:
        self._operation = operation
        self._interval_seconds = 1.0 / per_second
        self._places = asyncio.Semaphore(max_in_flight)
        self._running: set[asyncio.Task[None]] = set()
        self.tally = Tally()

    async def __aenter__(self) -> Self:
        self._clock = asyncio.create_task(self._tick())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._clock.cancel()
        if kind is not None:
            for task in self._running:
                task.cancel()
        results = await asyncio.gather(*self._running, return_exceptions=True)
        faults = [each for each in results if isinstance(each, Exception)]
        clock_ended = (await asyncio.gather(self._clock, return_exceptions=True))[0]
        if isinstance(clock_ended, Exception):
            faults.append(clock_ended)
        if faults and kind is None:
            raise faults[0]

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            await asyncio.sleep(due - loop.time())
            await self._places.acquire()
            task = asyncio.create_task(self._run())
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            due = max(due + self._interval_seconds, loop.time() - 1.0)  # what was missed long ago is not made good

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        began_at = loop.time()
        try:
            answer = await self._operation()
        finally:
            self._places.release()
        now = loop.time()
        self.tally.note(answer, seconds=now - began_at, now=now)


def open_client(base_url: str) -> aiohttp.ClientSession:
    """Open a client without cookies of its own; close it at the end."""
    return aiohttp.ClientSession(
        base_url=base_url,
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=3),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"origin": base_url},  # changes by cookie have to tell
        timeout=aiohttp.ClientTimeout(total=_CLIENT_SECONDS),
    )


async def send(
    client: aiohttp.ClientSession, method: str, path: str, *, body: object = None, cookie: str | None = None
) -> Answer:
    """Send a request and read its answer; never raises for what the network does."""
    headers = {"cookie": cookie} if cookie is not None else {}
    try:
        async with client.request(method, path, json=body, headers=headers) as response:
            set_cookie = response.headers.get("set-cookie")
            return Answer(
                status=response.status,
                text=await response.text(),
                retry_after=response.headers.get("retry-after"),
                cookie=set_cookie.partition(";")[0] if set_cookie else None,
            )
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        return Answer(status=0, text=repr(error))
