"""Conditional reads (RFC 9110, section 13)."""

import re

_ENTITY_TAG = re.compile(rb'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


def etag_matches(if_none_match: bytes, etag: bytes | None) -> bool:
    """Say whether the client already has what an entity tag names, by weak comparison.

    Parameters
    ----------
    if_none_match
        The header's value, a list or ``*``.
    etag
        The current entity tag; None where the answer has none, which matches nothing but ``*``.
    """
    if if_none_match.strip() == b"*":
        return True
    if etag is None:
        return False
    current = etag.removeprefix(b"W/")
    return any(match[1] == current for match in _ENTITY_TAG.finditer(if_none_match))
