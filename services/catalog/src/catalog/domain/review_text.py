"""What a review may say: plain text, as people can read it."""

import unicodedata

MAX_REVIEW_LENGTH = 5_000
"""Characters; about two printed pages."""

_LAYOUT = frozenset("\n\t")
_DIRECTION_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They reorder what stands around them, also outside of the review (Unicode TR 36, section 2.4)."""


class ReviewTextError(ValueError):
    """The text cannot be a review; the message says why, `code` is stable."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def clean_review_text(text: str) -> str:
    """Give the text without outer blanks and with plain line ends.

    Raises
    ------
    ReviewTextError
        It is blank, longer than `MAX_REVIEW_LENGTH`, or has control characters beside line feed and tab.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    for position, character in enumerate(plain):  # before the outer blanks go: some of them are control characters
        control = unicodedata.category(character) in {"Cc", "Cs"} and character not in _LAYOUT
        if control or character in _DIRECTION_CONTROLS:
            raise ReviewTextError(
                "control_character", f"U+{ord(character):04X} at position {position} is a control character"
            )
    cleaned = plain.strip()
    if len(cleaned) > MAX_REVIEW_LENGTH:
        raise ReviewTextError("too_long", f"a review has at most {MAX_REVIEW_LENGTH} characters")
    if not any(unicodedata.category(character)[0] in "LNPS" for character in cleaned):
        raise ReviewTextError("blank", "a review says something")
    return cleaned
