import asyncio
import threading
import time
from collections import defaultdict
from itertools import pairwise

import pytest

from auth.clients import password_threads
from auth.clients.password_threads import CONCURRENT_HASHES, WAITING_HASHES, PasswordThreads
from auth.domain.errors import PasswordWorkBusyError
from chassis.errors import ErrorKind


async def test_more_work_than_fits_is_refused_at_once_and_the_rest_is_done() -> None:
    threads = PasswordThreads()
    room = CONCURRENT_HASHES + WAITING_HASHES
    answers = await asyncio.gather(*(threads.check(None, "x") for _ in range(room + 10)), return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, PasswordWorkBusyError)]
    assert len(refused) == 10
    assert answers.count(False) == room
    assert refused[0].kind is ErrorKind.UNAVAILABLE
    assert refused[0].retry_after_seconds == password_threads.RETRY_AFTER_SECONDS
    assert await threads.check(None, "x") is False  # all room is free again
    threads.close()


async def test_room_taken_by_callers_who_went_away_is_given_back() -> None:
    threads = PasswordThreads()
    room = CONCURRENT_HASHES + WAITING_HASHES
    waiting = [asyncio.create_task(threads.hash("a password")) for _ in range(room)]
    await asyncio.sleep(0)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    for _ in range(3):
        assert await _eventually_hashes(threads)
    threads.close()


async def _eventually_hashes(threads: PasswordThreads) -> bool:
    while True:
        try:
            return bool(await threads.hash("a password"))
        except PasswordWorkBusyError:
            await asyncio.sleep(0.01)


async def test_the_event_loop_goes_on_while_passwords_are_hashed() -> None:
    threads = PasswordThreads()
    turns = 0
    task = asyncio.gather(*(threads.hash("a password") for _ in range(4)))
    while not task.done():
        turns += 1
        await asyncio.sleep(0.001)
    assert turns > 5
    threads.close()


@pytest.mark.parametrize("password", ["", "x"])
async def test_without_a_hash_nothing_ever_fits(password: str) -> None:
    threads = PasswordThreads()
    assert await threads.check(None, password) is False
    threads.close()


async def test_a_thread_rests_as_long_as_it_has_worked() -> None:
    threads = PasswordThreads()
    worked: dict[int, list[tuple[float, float]]] = defaultdict(list)

    def work() -> None:
        began_at = time.monotonic()
        threading.Event().wait(0.02)
        worked[threading.get_ident()].append((began_at, time.monotonic()))

    await asyncio.gather(*(threads._run("check", work) for _ in range(6)))
    threads.close()
    for spans in worked.values():
        for (began_at, ended_at), (next_at, _) in pairwise(spans):
            assert next_at - ended_at >= 0.9 * (ended_at - began_at)
