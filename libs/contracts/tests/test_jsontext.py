import pytest

from contracts.jsontext import StrictJsonError, parse_strict


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "line 1"),
        (b"{", "line 1"),
        (b"{'a': 1}", "line 1"),
        (b'{"a": 1,}', "line 1"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b"NaN", "not JSON"),
        (b"-Infinity", "not JSON"),
        (b"1e999", "not finite"),
        (b"9" * 5000, "2^53"),
        (b"9007199254740993", "2^53"),
        (b"1e300", "2^53"),
        (b"-1e17", "2^53"),
        (b"[" * 200_000, "levels"),
        (b'{"a":' * 40 + b"1" + b"}" * 40, "levels"),
        (b'"\\ud800"', "surrogate"),
        (b'"\\u0000"', "NUL"),
        (b'{"\\u0000": 1}', "NUL"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        ("{}".encode("utf-16"), "UTF-8"),
        (b"\xff", "UTF-8"),
    ],
)
def test_hostile_json_is_refused_with_its_reason(content: bytes, reason: str) -> None:
    with pytest.raises(StrictJsonError, match=reason.replace("^", r"\^")):
        parse_strict(content)


def test_ordinary_json_is_read_as_it_is() -> None:
    assert parse_strict(b'{"a": [1, -2.5, true, null, "\\u00e9 [{\\""]}') == {"a": [1, -2.5, True, None, 'é [{"']}
