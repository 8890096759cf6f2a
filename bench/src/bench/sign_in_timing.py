"""Whether answers take longer for addresses with an account: AUC of known against unknown, 0.5 where they do not."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import uuid4

import httpx

from bench.auth_stack import SERVERS, running_auth_stack
from bench.report import Report
from testkit.servers import ServerAddress

__all__ = ["SERVERS", "run"]

SAMPLES = 1_000
LARGEST_BIAS = 0.05
_WARM_UP = 10
_LIMITS = ("sign-in", "sign-in-account", "sign-in-address", "sign-in-total", "registration-address",
           "registration-total", "mail-account", "mail-address", "mail-total")  # fmt: skip
_PASSWORD = "correct horse battery"  # noqa: S105 - of accounts that live as long as a benchmark

Body = Callable[[str], dict[str, Any]]

ROUTES: dict[str, tuple[str, Body, int]] = {
    "sign-in, wrong password": ("/auth/login", lambda email: {"email": email, "password": "not the password"}, 401),
    "password reset": ("/auth/password-reset", lambda email: {"email": email}, 202),
    "confirmed registration": (
        "/auth/register",
        lambda email: {"email": email, "password": _PASSWORD, "name": "Ann"},
        202,
    ),
}


def run(servers: Mapping[str, ServerAddress], report: Report, *, scale: float) -> None:
    """Measure each route, known and unknown addresses by turns in random order."""
    wide = " ".join(f"{name}=10000000/60" for name in _LIMITS)
    known = f"{uuid4().hex}@example.org"
    with running_auth_stack(servers, LIMITS=wide, REGISTRATION="open") as stack:
        pairs = max(20, int(SAMPLES * scale))
        asyncio.run(_register(stack.auth_url, known))
        for name in ("sign-in, wrong password", "password reset"):
            asyncio.run(_measure(stack.auth_url, name, [known], pairs, report))
    with running_auth_stack(servers, LIMITS=wide, REGISTRATION="confirmed") as stack:
        asyncio.run(_measure(stack.auth_url, "confirmed registration", [known], pairs, report))


async def _register(url: str, email: str) -> None:
    async with httpx.AsyncClient(base_url=f"{url}/api/v1") as client:
        body = {"email": email, "password": _PASSWORD, "name": "Ann"}
        (await client.post("/auth/register", json=body)).raise_for_status()


async def _measure(url: str, name: str, known: Sequence[str], pairs: int, report: Report) -> None:
    path, body, status = ROUTES[name]
    report.say(f"{name}: {pairs:,} of each, by turns")
    seconds: dict[bool, list[float]] = {True: [], False: []}
    async with httpx.AsyncClient(base_url=f"{url}/api/v1", timeout=60) as client:
        for number in range(-_WARM_UP, pairs):
            for is_known in random.sample((True, False), 2):
                email = random.choice(known) if is_known else f"{uuid4().hex}@example.org"
                content = body(email)
                began_at = time.perf_counter()
                answer = await client.post(path, json=content)
                took = time.perf_counter() - began_at
                if answer.status_code != status:
                    raise AssertionError(f"{path}: {answer.status_code} {answer.text}")
                if number >= 0:
                    seconds[is_known].append(took)
    area = auc(seconds[True], seconds[False])
    report.add(f"{name}: AUC", area)
    report.add(f"{name}: distance of the AUC from 0.5", abs(area - 0.5), at_most=LARGEST_BIAS)
    for is_known, word in ((True, "known"), (False, "unknown")):
        report.add(f"{name}: {word}, median, ms", statistics.median(seconds[is_known]) * 1_000)


def auc(one: Sequence[float], other: Sequence[float]) -> float:
    """Give the probability that a value of `one` is larger than one of `other` (Mann and Whitney's U over its size)."""
    ranked = sorted([(value, True) for value in one] + [(value, False) for value in other])
    ranks = sum(rank for rank, (_, is_one) in enumerate(ranked, start=1) if is_one)
    return (ranks - len(one) * (len(one) + 1) / 2) / (len(one) * len(other))
