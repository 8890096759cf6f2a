"""In which kind of JavaScript text positions lie: code, comment or literal.

One pass, linear, without recursion. Whether a slash begins a regular expression is decided by what stands before it, as
editors do; after ``)`` and ``}`` that is a guess. A wrong guess turns a block into a hold or the other way round, and
neither lets a version out without a person.
"""

import re
from collections.abc import Sequence
from typing import Literal

Region = Literal["code", "comment", "literal"]

_LINE_END = re.compile(r"[\n\r\u2028\u2029]")
_CODE_END = re.compile(r"[\"'`/]")
_SUBSTITUTION_CODE_END = re.compile(r"[\"'`/{}]")
"""Only within a template's substitution does it matter which brace closes what."""

_STRING_STEP = {quote: re.compile(rf"\\|{quote}|[\n\r]") for quote in "\"'"}
_REGEX_STEP = re.compile(r"[\\/\[\]\n\r]")
_TEMPLATE_STEP = re.compile(r"\\|`|\$\{")
_LAST_WORD = re.compile(r"[\w$]+\Z")
_WORDS_BEFORE_REGEX = frozenset(
    {"return", "typeof", "instanceof", "in", "of", "new", "delete", "void", "throw", "case", "do", "else", "await",
     "yield"}
)  # fmt: skip
_LONGEST_WORD = 12


def regions_at(text: str, positions: Sequence[int]) -> list[Region]:
    """Classify positions.

    Parameters
    ----------
    text
        A whole script.
    positions
        Character offsets, ascending.

    Returns
    -------
    list
        The region of each position, in the same order.
    """
    scanner = _Scanner(text)
    found: list[Region] = []
    for position in positions:
        while scanner.end <= position:
            scanner.advance()
        found.append(scanner.region)
    return found


class _Scanner:
    """Walks from region to region; the current one covers the text up to `end`."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.end = 0
        self.region: Region = "code"
        self._before = ""  # the last code before here: one character, or a word
        self._braces: list[int] = []  # depth of braces in each open template substitution

    def advance(self) -> None:
        """Move to the next region; at the end of the text it is code without end."""
        text, start = self._text, self.end
        if start >= len(text):
            self.region, self.end = "code", start + len(text) + 1
        elif text.startswith("//", start) or (start == 0 and text.startswith("#!")):
            match = _LINE_END.search(text, start)
            self._take("comment", match.start() if match else len(text))
        elif text.startswith("/*", start):
            close = text.find("*/", start + 2)
            self._take("comment", len(text) if close < 0 else close + 2)
        elif text[start] in "\"'":
            self._literal(self._string_end(start + 1, text[start]))
        elif text[start] == "`":
            self._template(start + 1)
        elif text[start] == "/" and self._may_begin_regex():
            self._literal(self._regex_end(start + 1))
        elif text[start] == "}" and self._braces and self._braces[-1] == 0:
            self._braces.pop()
            self._template(start + 1)
        else:
            self._code(start)

    def _take(self, region: Region, end: int) -> None:
        self.region, self.end = region, end

    def _literal(self, end: int) -> None:
        self._take("literal", end)
        self._before = '"'

    def _code(self, start: int) -> None:
        end = self._code_end(start)
        tail = self._text[max(start, end - 1_000) : end].rstrip()
        if tail:
            word = _LAST_WORD.search(tail, max(0, len(tail) - _LONGEST_WORD))
            self._before = word[0] if word else tail[-1]
        self._take("code", end)

    def _code_end(self, start: int) -> int:
        if not self._braces:
            match = _CODE_END.search(self._text, start + 1)
            return match.start() if match else len(self._text)
        depth, end = self._braces[-1], len(self._text)
        for match in _SUBSTITUTION_CODE_END.finditer(self._text, start + (self._text[start] not in "{}")):
            if match[0] == "{":
                depth += 1
            elif match[0] == "}" and depth > 0:
                depth -= 1
            else:
                end = match.start()
                break
        self._braces[-1] = depth
        return end

    def _may_begin_regex(self) -> bool:
        if self._before and (self._before[-1].isalnum() or self._before[-1] in "_$"):
            return self._before in _WORDS_BEFORE_REGEX
        return self._before == "" or self._before not in ')]"'

    def _string_end(self, start: int, quote: str) -> int:
        at = start
        while (match := _STRING_STEP[quote].search(self._text, at)) is not None:
            if match[0] != "\\":
                return match.end()
            at = match.end() + 1
        return len(self._text)

    def _regex_end(self, start: int) -> int:
        at, in_class = start, False
        while (match := _REGEX_STEP.search(self._text, at)) is not None:
            at = match.end() + (match[0] == "\\")
            if match[0] in "\n\r" or (match[0] == "/" and not in_class):
                return match.end()
            if match[0] in "[]":
                in_class = match[0] == "["
        return len(self._text)

    def _template(self, start: int) -> None:
        at = start
        while (match := _TEMPLATE_STEP.search(self._text, at)) is not None:
            if match[0] == "`":
                self._literal(match.end())
                return
            if match[0] == "${":
                self._braces.append(0)
                self._take("literal", match.end())
                self._before = "{"
                return
            at = match.end() + 1
        self._literal(len(self._text))
