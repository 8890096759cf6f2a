from __future__ import annotations

import pytest

from contracts.api_tokens import SECRET_LENGTH, assemble_token, is_token, means_token, permits_address, token_hash
from contracts.scopes import ACTIONS, action_of, rules_for

TOKEN = assemble_token("api", "0" * SECRET_LENGTH)


def test_the_form_stays_what_scanners_look_for() -> None:
    assert TOKEN == "pp_api_" + "0" * 30 + "29tJgQ"
    assert is_token(TOKEN)
    assert len(token_hash(TOKEN)) == 64


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pp_api_",
        TOKEN[:-1],
        TOKEN + "0",
        TOKEN.replace("pp_api_", "pp_dev_"),
        TOKEN.replace("pp_api_", "pp_x_"),
        TOKEN.replace("0000", "0001", 1),
        TOKEN + "\n",
        "pp_api_" + "ä" * 36,
    ],
)
def test_one_wrong_character_is_noticed(text: str) -> None:
    assert not is_token(text)


def test_what_is_meant_as_a_token_is_told_from_a_session() -> None:
    assert means_token("pp_ci_x")
    assert not means_token("pp_" + "a" * 40)


@pytest.mark.parametrize(
    ("ranges", "address", "is_permitted"),
    [
        ([], "anything", True),
        (["192.0.2.0/24"], "192.0.2.7", True),
        (["192.0.2.0/24"], "::ffff:192.0.2.7", True),
        (["192.0.2.0/24"], "192.0.3.7", False),
        (["192.0.2.0/24", "2001:db8::/32"], "2001:db8::1", True),
        (["192.0.2.0/24"], "2001:db8::1", False),
        (["192.0.2.0/24"], "unknown", False),
    ],
)
def test_ranges_are_held_against_the_address(ranges: list[str], address: str, *, is_permitted: bool) -> None:
    assert permits_address(ranges, address) is is_permitted


@pytest.mark.parametrize(
    ("scope", "action"),
    [
        ("versions:publish", "versions:publish"),
        ("versions:publish:chart-*", "versions:publish"),
        ("versions:publish:*", "versions:publish"),
        ("versions:publish:", None),
        ("versions:publish:Chart", None),
        ("versions:publish:chart-[a]", None),
        ("versions:publish:a:b", None),
        ("versions:publish:" + "a" * 65, None),
        ("versions:publishing", None),
        ("versions", None),
        ("*", None),
        ("", None),
    ],
)
def test_a_scope_is_a_known_action_with_or_without_a_pattern(scope: str, action: str | None) -> None:
    assert action_of(scope) == action


def test_no_action_begins_like_another() -> None:
    assert not [(a, b) for a in ACTIONS for b in ACTIONS if b.startswith(f"{a}:")]
    assert all(rules_for(action) for action in ACTIONS)
