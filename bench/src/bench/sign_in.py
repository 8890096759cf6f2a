"""What a flood of sign-ins does to everybody else: 100 a second offered, other routes read meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import aiohttp

from bench.auth_stack import SERVERS, running_auth_stack
from bench.report import Report
from testkit.servers import ServerAddress

__all__ = ["SERVERS", "run"]

RATE = 100
SECONDS = 20.0
READS_A_SECOND = 20
LARGEST_FACTOR = 2.0
_ACCOUNTS = 20
_API = "/api/v1/"
_PASSWORD = "correct horse battery"  # noqa: S105 - of accounts that live as long as a benchmark
_PATIENCE_SECONDS = 60.0


def run(servers: Mapping[str, ServerAddress], report: Report, *, scale: float) -> None:
    """Read before and during the flood, and count what became of the sign-ins."""
    # Accounts are opened from one address; everything else has the limits as they are.
    limits = "registration-address=100000/60 registration-total=100000/60"
    with running_auth_stack(servers, LIMITS=limits) as stack:
        asyncio.run(_compare(stack.gateway_url, report, seconds=max(3.0, SECONDS * scale)))


async def _compare(url: str, report: Report, *, seconds: float) -> None:
    timeout = aiohttp.ClientTimeout(total=_PATIENCE_SECONDS)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(
        f"{url}{_API}", timeout=timeout, connector=connector, cookie_jar=aiohttp.DummyCookieJar()
    ) as client:
        emails = [f"{uuid4().hex}@example.org" for _ in range(_ACCOUNTS)]
        for email in emails:
            body = {"email": email, "password": _PASSWORD, "name": "Ann"}
            async with client.post("auth/register", json=body, raise_for_status=True) as answer:
                token = (await answer.json())["session"]["token"]
        answers: Counter[str] = Counter()
        refused: Counter[str] = Counter()
        report.say(f"reading for {seconds:.0f} s")
        before = await _read(client, token, seconds, refused)
        report.say(f"{RATE} sign-ins a second for {seconds:.0f} s")
        during, _ = await asyncio.gather(
            _read(client, token, seconds, refused), _flood(client, emails, seconds, answers)
        )
    for outcome, count in sorted(answers.items()):
        report.add(f"sign-ins answered {outcome}, share", count / sum(answers.values()))
    report.add("sign-ins a second that came in", answers["200"] / seconds)
    wrong = sum(count for outcome, count in answers.items() if outcome not in _SOUND)
    report.add("sign-ins answered otherwise", wrong, at_most=0)
    report.add(f"reads refused {dict(refused) or ''}".strip(), sum(refused.values()), at_most=0)
    for path in before:
        calm, busy = _p95(before[path]) * 1_000, _p95(during[path]) * 1_000
        report.add(f"GET {path}: p95 before, ms", calm)
        report.add(f"GET {path}: p95 during, ms", busy)
        report.add(f"GET {path}: factor", busy / calm, at_most=LARGEST_FACTOR)


_SOUND = {"200", "429 with Retry-After", "503 with Retry-After"}


async def _flood(client: aiohttp.ClientSession, emails: list[str], seconds: float, answers: Counter[str]) -> None:
    async def sign_in(email: str) -> None:
        body = {"email": email, "password": _PASSWORD}
        async with client.post("auth/login", json=body) as answer:
            await answer.read()
        told = " with Retry-After" if "retry-after" in answer.headers else ""
        answers[f"{answer.status}{told}"] += 1

    await _at_rate(RATE, seconds, lambda number: sign_in(emails[number % len(emails)]))


async def _read(
    client: aiohttp.ClientSession, token: str, seconds: float, refused: Counter[str]
) -> dict[str, list[float]]:
    took: dict[str, list[float]] = {"auth/me": [], "plugins": []}

    async def read(number: int) -> None:
        path = list(took)[number % 2]
        # A page of its own each time, which no cache has; the account's answer is never kept.
        parameters = {"tag": uuid4().hex} if path == "plugins" else {}
        headers = {"authorization": f"Bearer {token}"} if path == "auth/me" else {}
        began_at = time.perf_counter()
        async with client.get(path, params=parameters, headers=headers) as answer:
            body = await answer.json(content_type=None)
        took[path].append(time.perf_counter() - began_at)
        if answer.status != HTTPStatus.OK:
            refused[f"{path}: {body['detail']}"] += 1

    await _at_rate(READS_A_SECOND, seconds, read)
    return took


async def _at_rate(rate: int, seconds: float, work: Callable[[int], Coroutine[Any, Any, None]]) -> None:
    began_at = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, began_at + number / rate - time.monotonic()))
            group.create_task(work(number))


def _p95(values: list[float]) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
