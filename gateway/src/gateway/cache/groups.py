"""The fields ``Cache-Groups`` and ``Cache-Group-Invalidation`` of RFC 9875: structured lists of strings (RFC 9651)."""

import re

MAX_GROUPS = 32
MAX_GROUP_LENGTH = 128
"""RFC 9875 asks for 32 groups of 32 characters at least; longer lists are cut, which a purge notices by time only."""

_ITEM = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"(?:;[a-z*][a-z0-9_.*-]*(?:=[^,;]*)?)*')


def parse_groups(field: bytes | None) -> frozenset[str]:
    """Read a field's value; parameters of its items are ignored.

    A field that is not of the form, or names too many or too long groups, is ignored as a whole, as RFC 9651 asks.
    """
    text = field.decode("latin-1").strip(" ") if field else ""
    if not text:
        return frozenset()
    groups = []
    position = 0
    while True:
        match = _ITEM.match(text, position)
        if match is None:
            return frozenset()
        groups.append(re.sub(r"\\(.)", r"\1", match[1]))
        position = match.end()
        comma = re.compile(r"[ \t]*,[ \t]*").match(text, position)
        if comma is None:
            break
        position = comma.end()
    if position != len(text) or len(groups) > MAX_GROUPS or any(len(group) > MAX_GROUP_LENGTH for group in groups):
        return frozenset()
    return frozenset(groups)
