"""The work of a sign-in without an account: a fast and wide look; `make bench-sign-in-timing` is the sharp one."""

import statistics
import time
from typing import Any

_PAIRS = 30


async def test_an_unknown_address_takes_about_as_long_as_a_wrong_password(person: Any) -> None:
    ann = person()
    await ann.register()
    seconds: dict[str, list[float]] = {"wrong": [], "unknown": []}
    for _ in range(_PAIRS):
        for kind, taken in seconds.items():
            somebody = person()
            email = ann.email if kind == "wrong" else somebody.email
            began_at = time.perf_counter()
            answer = await somebody.login(email=email, password="not the password")
            taken.append(time.perf_counter() - began_at)
            assert answer.status_code == 401
    # Without its hash an unknown address answers several times as fast, also on a busy machine.
    wrong, unknown = (statistics.median(seconds[kind]) for kind in ("wrong", "unknown"))
    assert 0.5 < unknown / wrong < 2
