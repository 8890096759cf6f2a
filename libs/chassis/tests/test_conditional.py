import pytest

from chassis.conditional import body_etag, is_unmodified, parse_if_match, revision_etag


@pytest.mark.parametrize(
    ("header", "revisions"),
    [
        (None, None),
        ("*", None),
        (" * ", None),
        ('"7"', {7}),
        ('"7", "8"', {7, 8}),
        ('W/"7"', set()),
        ('W/"7", "8"', {8}),
        ("7", set()),
        ('"seven"', set()),
        ('"-7"', set()),
        ('"' + "9" * 30 + '"', set()),
        ('"٣"', set()),
        ("", set()),
    ],
)
def test_if_match_names_revisions(header: str | None, revisions: set[int] | None) -> None:
    assert parse_if_match(header) == (None if revisions is None else frozenset(revisions))


def test_a_revision_reads_back() -> None:
    assert parse_if_match(revision_etag(42)) == frozenset({42})


@pytest.mark.parametrize(
    ("header", "expected"),
    [(None, False), ("*", True), ("{tag}", True), ("W/{tag}", True), ('"other", {tag}', True), ('"other"', False)],
)
def test_if_none_match_compares_weakly(header: str | None, expected: bool) -> None:
    tag = body_etag(b"body")
    headers = {} if header is None else {"if-none-match": header.replace("{tag}", tag)}
    assert is_unmodified(headers, tag) is expected


def test_other_bodies_have_other_tags() -> None:
    assert body_etag(b"one") != body_etag(b"other")
    assert body_etag(b"one") == body_etag(b"one")
