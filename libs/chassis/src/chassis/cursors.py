"""Opaque page cursors, bound to the listing that made them."""

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from typing import Any

from chassis.errors import CursorInvalidError
from contracts.jsontext import parse_strict

_DIGEST_BYTES = 6
_MAX_CURSOR_LENGTH = 1_000
"""Characters; ours stay below 300."""


def _digest(listing: str, position: bytes) -> bytes:
    return hashlib.sha256(listing.encode() + b"\0" + position).digest()[:_DIGEST_BYTES]


def encode_cursor(listing: str, position: Sequence[Any]) -> str:
    """Write the position after a page's last row.

    Parameters
    ----------
    listing
        What the cursor is bound to: the listing's name, filters and sort in one text.
    position
        JSON values, usually the sort key and the id of the last row.
    """
    content = json.dumps(list(position), separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(_digest(listing, content) + content).rstrip(b"=").decode()


def decode_cursor(listing: str, cursor: str, *, length: int) -> list[Any]:
    """Read a cursor back.

    The digest finds mistakes and cursors of other listings; it is no signature, so a position is still data from
    outside and only ever bound as a query parameter. It is read strictly, so that every store can take it: no NUL, no
    lone surrogate, no integer beyond 2^53, no deep nesting.

    Raises
    ------
    CursorInvalidError
        It was not made by `encode_cursor` for this listing with a position of `length` values.
    """
    if len(cursor) <= _MAX_CURSOR_LENGTH and cursor.isascii():
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            content = raw[_DIGEST_BYTES:]
            if raw[:_DIGEST_BYTES] == _digest(listing, content):
                position = parse_strict(content)
                if isinstance(position, list) and len(position) == length:
                    return position
        except (binascii.Error, ValueError):
            pass
    raise CursorInvalidError("the cursor does not belong to this listing")
