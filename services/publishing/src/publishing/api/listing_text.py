"""Texts of a listing, as everybody sees them: no control characters, nothing invisible, one normal form."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

_REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
_REFUSED_CHARACTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
_JOINERS = frozenset("\u200c\u200d")
"""Zero-width joiners are part of writing in several scripts, and of many emoji."""


def _visible(text: str) -> str:
    normal = unicodedata.normalize("NFC", text)
    for character in normal:
        if character in _JOINERS:
            continue
        if unicodedata.category(character) in _REFUSED_CATEGORIES or character in _REFUSED_CHARACTERS:
            raise ValueError(f"contains the character U+{ord(character):04X}, which cannot be seen")
    return normal


def _visible_lines(text: str) -> str:
    return "\n".join(_visible(line) for line in text.replace("\r\n", "\n").split("\n"))


Line = AfterValidator(_visible)
"""One line of visible text, in normal form C."""

Lines = AfterValidator(_visible_lines)
"""Several such lines."""

WebAddress = Annotated[str, StringConstraints(max_length=500, pattern=r"^https?://[^\s@]+$"), Line]
"""An http or https address without user name or blanks."""
