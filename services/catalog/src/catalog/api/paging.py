"""Cursors of the listings, and the link to the next page."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Request

from catalog.domain.reviews import ReviewPosition
from chassis.cursors import decode_cursor, encode_cursor
from chassis.errors import CursorInvalidError
from contracts.versions import InvalidVersionError, sort_key


def encode_version_cursor(plugin_id: str, version: str) -> str:
    """Write the position after a version."""
    return encode_cursor(f"versions:{plugin_id}", [version])


def decode_version_cursor(plugin_id: str, cursor: str | None) -> str | None:
    """Read a position in a plugin's versions as a sort key.

    Raises
    ------
    CursorInvalidError
        It is not a cursor of this listing.
    """
    if cursor is None:
        return None
    [version] = decode_cursor(f"versions:{plugin_id}", cursor, length=1)
    try:
        return sort_key(version)
    except (InvalidVersionError, TypeError, AttributeError) as error:
        raise CursorInvalidError("the cursor names no version") from error


def encode_review_cursor(plugin_id: str, position: ReviewPosition) -> str:
    """Write the position after a review."""
    return encode_cursor(f"reviews:{plugin_id}", [position.created_at.isoformat(), str(position.user_id)])


def decode_review_cursor(plugin_id: str, cursor: str | None) -> ReviewPosition | None:
    """Read a position in a plugin's reviews.

    Raises
    ------
    CursorInvalidError
        It is not a cursor of this listing.
    """
    if cursor is None:
        return None
    created_at, user_id = decode_cursor(f"reviews:{plugin_id}", cursor, length=2)
    try:
        return ReviewPosition(created_at=_instant(created_at), user_id=UUID(user_id))
    except (ValueError, TypeError, AttributeError) as error:
        raise CursorInvalidError("the cursor names no review") from error


def _instant(text: Any) -> datetime:  # noqa: ANN401 - comes from outside
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("an instant without offset")
    return instant


def next_link(request: Request, *, limit: int, cursor: str | None) -> dict[str, str]:
    """Write the ``Link`` header to the next page; nothing at the end."""
    if cursor is None:
        return {}
    query = urlencode({"limit": limit, "cursor": cursor})
    return {"link": f'<{request.url.path}?{query}>; rel="next"'}
