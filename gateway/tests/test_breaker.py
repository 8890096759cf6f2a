from __future__ import annotations

import pytest

from chassis.errors import ServiceUnavailableError
from gateway.breaker import FAILURES_TO_OPEN, OPEN_SECONDS, Breaker


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def fail(breaker: Breaker) -> None:
    with pytest.raises(OSError, match="away"), breaker.attempt((OSError,)):
        raise OSError("away")


def opened(clock: Clock) -> Breaker:
    breaker = Breaker("x", max_in_flight=2, now=clock)
    for _ in range(FAILURES_TO_OPEN):
        fail(breaker)
    return breaker


def test_it_opens_after_consecutive_failures_only() -> None:
    breaker = Breaker("x", max_in_flight=2)
    for _ in range(FAILURES_TO_OPEN * 2):
        fail(breaker)
        with breaker.attempt((OSError,)):
            pass
    with breaker.attempt((OSError,)):
        pass


def test_open_it_refuses_at_once_and_says_when_to_come_back() -> None:
    breaker = opened(Clock())
    with pytest.raises(ServiceUnavailableError) as refused, breaker.attempt((OSError,)):
        pass
    assert refused.value.retry_after_seconds in {1, 2}


def test_after_a_while_one_call_tries_and_its_success_closes_it() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.seconds = OPEN_SECONDS[1] + 0.1
    with breaker.attempt((OSError,)), pytest.raises(ServiceUnavailableError), breaker.attempt((OSError,)):
        pass
    with breaker.attempt((OSError,)), breaker.attempt((OSError,)):
        pass


def test_the_tries_failure_opens_it_again() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.seconds = OPEN_SECONDS[1] + 0.1
    fail(breaker)
    with pytest.raises(ServiceUnavailableError), breaker.attempt((OSError,)):
        pass


def test_a_try_that_ends_otherwise_lets_the_next_one_try() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.seconds = OPEN_SECONDS[1] + 0.1
    with pytest.raises(KeyError), breaker.attempt((OSError,)):
        raise KeyError
    with breaker.attempt((OSError,)):
        pass


def test_a_try_that_takes_long_is_not_waited_for() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.seconds = OPEN_SECONDS[1] + 0.1
    with breaker.attempt((OSError,)):
        clock.seconds += OPEN_SECONDS[1] + 0.1
        with breaker.attempt((OSError,)):
            pass


def test_calls_under_way_are_bounded() -> None:
    breaker = Breaker("x", max_in_flight=2)
    breaker.acquire()
    breaker.acquire()
    with pytest.raises(ServiceUnavailableError):
        breaker.acquire()
    breaker.release()
    breaker.acquire()
    assert breaker.in_flight == 2
