import pytest

from publishing.domain.verdicts import (
    REQUIRED_CHECKS,
    Verdict,
    VerdictStatus,
    obstacles_to_release,
    outcome_of,
)

CONTENT = "c" * 64


def verdicts(**other: VerdictStatus) -> dict[str, Verdict]:
    statuses: dict[str, VerdictStatus] = {**dict.fromkeys(REQUIRED_CHECKS, "pass"), **other}
    return {
        check: Verdict(check=check, status=status, check_version="1", input_sha256=CONTENT)
        for check, status in statuses.items()
    }


def obstacles(found: dict[str, Verdict], *accepted: str, content: str = CONTENT) -> list[str]:
    return obstacles_to_release(found, content_sha256=content, accepted_checks=frozenset(accepted))


def test_all_passes_release() -> None:
    assert outcome_of(verdicts(), content_sha256=CONTENT) == "pass"
    assert obstacles(verdicts()) == []


@pytest.mark.parametrize("check", REQUIRED_CHECKS)
def test_one_absent_verdict_is_an_error_and_an_obstacle(check: str) -> None:
    found = verdicts()
    del found[check]
    assert outcome_of(found, content_sha256=CONTENT) == "error"
    assert len(obstacles(found, check)) == 1


def test_no_verdict_at_all_is_an_error() -> None:
    assert outcome_of({}, content_sha256=CONTENT) == "error"
    assert len(obstacles({})) == len(REQUIRED_CHECKS)


@pytest.mark.parametrize("check", REQUIRED_CHECKS)
def test_an_error_is_no_pass_and_nobody_can_accept_it(check: str) -> None:
    error: VerdictStatus = "error"
    found = verdicts(**{check: error})
    assert outcome_of(found, content_sha256=CONTENT) == "error"
    assert obstacles(found, check)


def test_verdicts_on_other_bytes_count_as_absent() -> None:
    assert outcome_of(verdicts(), content_sha256="d" * 64) == "error"
    assert obstacles(verdicts(), content="d" * 64)


def test_a_hold_needs_to_be_accepted_by_name() -> None:
    found = verdicts(text="hold")
    assert outcome_of(found, content_sha256=CONTENT) == "hold"
    assert obstacles(found)
    assert obstacles(found, "manifest")
    assert obstacles(found, "text") == []


def test_a_block_outweighs_everything_and_nobody_can_accept_it() -> None:
    found = verdicts(text="block", manifest="hold")
    assert outcome_of(found, content_sha256=CONTENT) == "block"
    assert obstacles(found, "text", "manifest")


def test_a_check_that_is_not_required_can_still_hold() -> None:
    found = verdicts(extra="hold")
    assert outcome_of(found, content_sha256=CONTENT) == "hold"
    assert obstacles(found)
