from __future__ import annotations

import pytest

from testkit.waiting import eventually


async def test_it_returns_the_first_true_answer() -> None:
    answers = iter([None, 0, "", "here"])
    assert await eventually(lambda: next(answers)) == "here"


async def test_it_awaits_coroutines_and_takes_a_failed_assert_as_not_yet() -> None:
    calls = []

    async def predicate() -> bool:
        calls.append(1)
        assert len(calls) > 2, "too early"
        return True

    assert await eventually(predicate) is True
    assert len(calls) == 3


async def test_it_gives_up_with_what_it_waited_for_and_saw_last() -> None:
    with pytest.raises(AssertionError, match=r"not within 0.05 s: the count is two; last: 0"):
        await eventually(lambda: 0, 0.05, saying="the count is two")


async def test_it_passes_other_errors_on_at_once() -> None:
    def broken() -> bool:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await eventually(broken)
