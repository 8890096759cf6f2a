"""``/auth/audit``: what happened to one's account."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from auth.api.audit_schemas import AuditEntryView, AuditPageView
from auth.api.dependencies import Wired
from auth.api.documents import problem
from auth.api.small_body import SmallBodyRoute
from chassis.app import API_PREFIX
from chassis.authorisation import permit
from chassis.cursors import decode_cursor, encode_cursor
from chassis.errors import CursorInvalidError
from contracts.identity import IdentityClaims

router = APIRouter(prefix=f"{API_PREFIX}/auth/audit", route_class=SmallBodyRoute, tags=["auth"])

DEFAULT_LIMIT = 20
MAX_LIMIT = 100

_LINK: dict[str, Any] = {
    "Link": {"description": 'Address of the next page, rel="next"; none on the last', "schema": {"type": "string"}}
}

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Items on a page")]
Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before")]


@router.get(
    "",
    summary="Read my account's log",
    description="What the signed-in account did and what was done to it, newest first, refused attempts included.",
    responses={
        200: {"description": "A page", "headers": _LINK},
        400: problem("`cursor_invalid`"),
        401: problem("`unauthenticated`"),
    },
)
async def list_own_audit(
    request: Request,
    response: Response,
    wiring: Wired,
    user: Annotated[IdentityClaims, Depends(permit("account.audit"))],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> AuditPageView:
    response.headers["cache-control"] = "private, no-store"
    listing = f"auth/audit:{user.sub}"
    page = await wiring.list_audit.execute(user.sub, before=read_position(listing, cursor), limit=limit)
    next_cursor = encode_cursor(listing, [page.entries[-1].id]) if page.has_more else None
    if next_cursor is not None:
        response.headers["link"] = f'<{request.url.path}?cursor={next_cursor}&limit={limit}>; rel="next"'
    return AuditPageView(items=[AuditEntryView.of(entry) for entry in page.entries], next_cursor=next_cursor)


def read_position(listing: str, cursor: str | None) -> int | None:
    """Read a cursor whose position is an entry's id; raises `CursorInvalidError`."""
    if cursor is None:
        return None
    [entry_id] = decode_cursor(listing, cursor, length=1)
    if type(entry_id) is not int:
        raise CursorInvalidError("the cursor does not belong to this listing")
    return entry_id
