"""Code that a reader cannot see: rules U1 to U5.

The characters and thresholds come from a survey of 21,075 library files, in none of which U1 to U4 matched; bundles
join libraries and their locales, so what may be data (a string, a regular expression) is held for a person, while
the same in code or comments is refused.
"""

import re
from collections.abc import Iterator

from publishing.domain.checks.regions import Region, regions_at
from publishing.domain.verdicts import BUNDLE_FILE, MANIFEST_FILE, MAX_FINDINGS, Finding, Severity

VERSION = "1"

_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Variation selectors, tags, zero-width, fillers, soft hyphen, joiners, bidi controls and the whole of plane 14."""

_RUN = re.compile(f"[{_INVISIBLE}]{{8,}}")
_ANY = re.compile(f"[{_INVISIBLE}]")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_PRIVATE_RUN = re.compile("[\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd]{16,}")
_BLANK = r"[^\S\n\r\u2028\u2029]"
# The look-behind starts a match only where a run of blanks starts, which keeps the search linear.
_BLANKS = re.compile(f"(?<!{_BLANK}){_BLANK}{{300,}}")

_GRAVEST_FIRST: tuple[Severity, ...] = ("block", "hold", "info")

_SEVERITY_OF_BLANKS: dict[Region, Severity] = {"code": "block", "literal": "hold", "comment": "info"}
"""Wide tables in documentation comments are real (seen with 317 blanks); a comment that ends its line hides nothing."""

_ESCAPE = "Write such characters as \\u escapes, so that a reader sees them."


def check_invisible_code(*, bundle: str, manifest_text: str) -> list[Finding]:
    """Look for what the eye misses.

    Parameters
    ----------
    bundle
        The script.
    manifest_text
        Every string of the manifest, one a line.

    Returns
    -------
    list
        Findings of rules U1 to U5, at most `MAX_FINDINGS`, gravest first.
    """
    found = [*_bundle_findings(bundle), *_manifest_findings(manifest_text)]
    # Gravest first, before the list is cut: many harmless findings must not push a grave one out.
    return sorted(found, key=lambda finding: _GRAVEST_FIRST.index(finding.severity))[:MAX_FINDINGS]


def _bundle_findings(text: str) -> Iterator[Finding]:
    yield from _long_blanks(text)
    if text.isascii():
        return
    for match in _first(_RUN, text):
        yield Finding(
            rule="U1", severity="block", file=BUNDLE_FILE, line=_line(text, match.start()),
            detail=f"{len(match[0])} invisible characters in a row, beginning with {_name(match[0][0])}",
            remedy="Remove them; text can be hidden in them.",
        )  # fmt: skip
    yield from _bidi(text)
    for match in _first(_PRIVATE_RUN, text):
        yield Finding(
            rule="U3", severity="hold", file=BUNDLE_FILE, line=_line(text, match.start()),
            detail=f"{len(match[0])} private-use characters in a row", remedy=_ESCAPE,
        )  # fmt: skip
    yield from _scattered(text)


def _long_blanks(text: str) -> Iterator[Finding]:
    matches = [match for match in _BLANKS.finditer(text) if text[match.end() : match.end() + 1].strip()][:MAX_FINDINGS]
    for match, region in _with_regions(text, matches):
        yield Finding(
            rule="U4", severity=_SEVERITY_OF_BLANKS[region], file=BUNDLE_FILE, line=_line(text, match.start()),
            detail=f"{len(match[0])} blanks before text on one line ({region})",
            remedy="Remove the blanks; they push code out of sight. In a string, use repeat() or padStart().",
        )  # fmt: skip


def _with_regions(text: str, matches: list[re.Match[str]]) -> Iterator[tuple[re.Match[str], Region]]:
    """Say where the text behind each run of blanks lies; a comment counts only if nothing but comment ends its line."""
    ends = [_line_end(text, match.end()) for match in matches]
    positions = sorted({*(match.end() for match in matches), *(end - 1 for end in ends)})
    region_of = dict(zip(positions, regions_at(text, positions), strict=True))
    for match, end in zip(matches, ends, strict=True):
        region = region_of[match.end()]
        yield match, "code" if region == "comment" and region_of[end - 1] != "comment" else region


def _bidi(text: str) -> Iterator[Finding]:
    matches = _first(_BIDI, text)
    regions = regions_at(text, [match.start() for match in matches])
    for match, region in zip(matches, regions, strict=True):
        yield Finding(
            rule="U2", severity="hold" if region == "literal" else "block", file=BUNDLE_FILE,
            line=_line(text, match.start()),
            detail=f"the bidirectional control {_name(match[0])} ({region}): the order shown is not the order run",
            remedy=_ESCAPE,
        )  # fmt: skip


def _scattered(text: str) -> Iterator[Finding]:
    first = _ANY.search(text, 1)  # a byte order mark at the very beginning is harmless
    if first is not None:
        yield Finding(
            rule="U5", severity="info", file=BUNDLE_FILE, line=_line(text, first.start()),
            detail=f"invisible characters, the first is {_name(first[0])}", remedy=_ESCAPE,
        )  # fmt: skip


def _manifest_findings(text: str) -> Iterator[Finding]:
    if text.isascii():
        return
    for rule, pattern, what in (
        ("U1", _RUN, "invisible characters in a row"),
        ("U2", _BIDI, "a bidirectional control"),
    ):
        match = pattern.search(text)
        if match is not None:
            yield Finding(
                rule=rule, severity="block", file=MANIFEST_FILE, line=None,
                detail=f"{what}, beginning with {_name(match[0][0])}", remedy="Remove them from the manifest.",
            )  # fmt: skip


def _first(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    matches = []
    for match in pattern.finditer(text):
        matches.append(match)
        if len(matches) == MAX_FINDINGS:
            break
    return matches


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _name(character: str) -> str:
    return f"U+{ord(character):04X}"
