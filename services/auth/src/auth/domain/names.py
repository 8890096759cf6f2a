"""Names that other people see."""

import unicodedata

MAX_NAME_LENGTH = 80
"""Characters."""

_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
_DIRECTION_CONTROLS = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class NameInvalidError(ValueError):
    """The text is no name; the message says why, for its sender."""


def parse_name(text: str) -> str:
    """Give the name without blanks around it and with single blanks inside.

    Raises
    ------
    NameInvalidError
        Nothing visible is left, it is too long, or it holds control characters (those that turn the direction of
        writing could make a name look like another's).
    """
    if any(character in _DIRECTION_CONTROLS or _is_control(character) for character in text):
        raise NameInvalidError("a name has no control characters")
    name = unicodedata.normalize("NFC", " ".join(text.split()))
    if len(name) > MAX_NAME_LENGTH:
        raise NameInvalidError(f"a name has at most {MAX_NAME_LENGTH} characters")
    if not any(unicodedata.category(character)[0] in "LNPS" for character in name):
        raise NameInvalidError("a name has at least one visible character")
    return name


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in _FORBIDDEN_CATEGORIES
