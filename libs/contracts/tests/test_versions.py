import itertools

import pytest

from contracts.versions import InvalidVersionError, parse_version, sort_key

# Semantic Versioning 2.0.0, section 11.4.4, with releases around it
PRECEDENCE = [
    "0.0.1", "0.9.0", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-alpha-x", "1.0.0-beta", "1.0.0-beta.2",
    "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.2.9", "1.2.10", "1.10.0", "2.0.0", "9.0.0", "10.0.0-0", "10.0.0",
]  # fmt: skip


def test_sort_keys_have_the_order_of_the_specification() -> None:
    for lower, higher in itertools.combinations(PRECEDENCE, 2):
        assert parse_version(lower) < parse_version(higher)
        assert sort_key(lower).encode() < sort_key(higher).encode(), (lower, higher)


@pytest.mark.parametrize(
    "text",
    ["", "1", "1.0", "01.2.3", "1.2.3+meta", "1.2.3-", "v1.2.3", "1.2.3\n", " 1.2.3", "latest", "1.2.3-a..b", "1.2.٣",
     "1.2." + "9" * 11, "1.0.0-" + "a" * 80],
)  # fmt: skip
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(InvalidVersionError):
        parse_version(text)
