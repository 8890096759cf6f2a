import pytest

from catalog.domain.review_text import MAX_REVIEW_LENGTH, ReviewTextError, clean_review_text


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  Good.  ", "Good."),
        ("one\r\ntwo\rthree\n", "one\ntwo\nthree"),
        ("\u00a0Good.\u2003", "Good."),
        ("👍", "👍"),
        ("a\tb", "a\tb"),
        ("x" * MAX_REVIEW_LENGTH, "x" * MAX_REVIEW_LENGTH),
        (" " * 10 + "x" * MAX_REVIEW_LENGTH, "x" * MAX_REVIEW_LENGTH),
    ],
)
def test_outer_blanks_and_foreign_line_ends_go_and_the_rest_stays(given: str, kept: str) -> None:
    assert clean_review_text(given) == kept


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("", "blank"),
        ("\n\t\u2003", "blank"),
        ("\u200b\ufeff", "blank"),
        ("\u0301", "blank"),
        ("x" * (MAX_REVIEW_LENGTH + 1), "too_long"),
        ("a\x00b", "control_character"),
        ("a\x0bb", "control_character"),
        ("a\x7fb", "control_character"),
        ("a\u0085", "control_character"),
        ("\x1ca", "control_character"),
        ("a\ud800b", "control_character"),
        ("a\u2066b\u2069", "control_character"),
    ],
)
def test_what_nobody_can_read_is_refused(given: str, code: str) -> None:
    with pytest.raises(ReviewTextError) as caught:
        clean_review_text(given)
    assert caught.value.code == code
