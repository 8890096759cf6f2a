"""Conditional requests (RFC 9110, section 13): entity tags from revisions and from bodies."""

import hashlib
import re
from collections.abc import Mapping

_TAG = re.compile(r'(W/)?"([^"]*)"')
_REVISION = re.compile(r"[0-9]{1,18}")
_DIGEST_BYTES = 12
"""96 bits: two bodies of one address share a tag with negligible probability."""


def revision_etag(revision: int) -> str:
    """Write the strong entity tag of a thing that counts its revisions."""
    return f'"{revision}"'


def parse_if_match(header: str | None) -> frozenset[int] | None:
    """Read the revisions that an ``If-Match`` header permits.

    Returns
    -------
    frozenset or None
        None without a condition (no header, or ``*``). Empty where the header names no revision of ours: then nothing
        matches. Weak tags never match (RFC 9110, section 13.1.1).
    """
    if header is None or header.strip() == "*":
        return None
    tags = _TAG.findall(header)
    return frozenset(int(tag) for weak, tag in tags if not weak and _REVISION.fullmatch(tag))


def body_etag(body: bytes) -> str:
    """Derive a strong entity tag from a body."""
    return f'"{hashlib.blake2b(body, digest_size=_DIGEST_BYTES).hexdigest()}"'


def is_unmodified(headers: Mapping[str, str], etag: str) -> bool:
    """Say whether ``If-None-Match`` names the tag, so that 304 is the answer; tags compare weakly."""
    header = headers.get("if-none-match")
    if header is None:
        return False
    return header.strip() == "*" or any(f'"{tag}"' == etag for _, tag in _TAG.findall(header))
