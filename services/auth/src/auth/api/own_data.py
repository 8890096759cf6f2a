"""``/auth/me``: taking one's data along, and leaving."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response, status

from auth.api.audit_schemas import AuditEntryView
from auth.api.dependencies import FromCaller, Wired
from auth.api.documents import problem
from auth.api.schemas import DeleteAccountBody
from auth.api.small_body import SmallBodyRoute
from chassis.app import API_PREFIX
from chassis.authorisation import permit
from chassis.cursors import decode_cursor
from chassis.errors import CursorInvalidError
from chassis.exports import ExportPage, export_page, listing_of
from contracts.identity import IdentityClaims

router = APIRouter(prefix=f"{API_PREFIX}/auth/me", route_class=SmallBodyRoute, tags=["auth"])

PAGE_ENTRIES = 100
ELSEWHERE = tuple(f"{API_PREFIX}/{path}" for path in ("user/export", "reviews/export", "developer/export"))


@router.get(
    "/export",
    summary="Export my account",
    description="Everything that is kept of the account: the account itself, sessions, what it proved and set, and its"
    " log, in pages. `elsewhere` names the addresses of what other parts of the platform hold, in the same form.",
    responses={400: problem("`cursor_invalid`"), 401: problem("`unauthenticated`")},
)
async def export_account(
    request: Request,
    response: Response,
    wiring: Wired,
    caller: FromCaller,
    user: Annotated[IdentityClaims, Depends(permit("account.export"))],
    cursor: Annotated[str | None, Query(description="Part of `next` of the page before")] = None,
) -> ExportPage:
    before = None if cursor is None else _read_position(cursor)
    part = await wiring.export_account.execute(user.sub, caller, before=before, limit=PAGE_ENTRIES)
    entries = [{"kind": "log-entry", **AuditEntryView.of(entry).model_dump(mode="json")} for entry in part.entries]
    return export_page(
        request,
        response,
        service="auth",
        data=[*part.items, *entries],
        position=[part.entries[-1].id] if part.has_more else None,
        elsewhere=ELSEWHERE,
    )


@router.delete(
    "",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Delete my account",
    description="Erases the account everywhere, at once or within seconds, and for ever: installs, settings and reviews"
    " go, and so do plugins and versions that were never published. Published plugins stay, without name and without"
    " owner: nobody can publish versions of them any more, so transfer them first. The e-mail address is free again.",
    responses={
        204: {"description": "Deleted; every session has ended"},
        401: problem("`unauthenticated`"),
        403: problem("`recent_authentication_required`"),
        409: problem(
            "`deletion_not_confirmed`: the address is not the account's; `last_owner`: of an organisation;"
            " `last_administrator`"
        ),
    },
)
async def delete_account(
    body: DeleteAccountBody,
    response: Response,
    wiring: Wired,
    caller: FromCaller,
    user: Annotated[IdentityClaims, Depends(permit("account.delete"))],
) -> None:
    await wiring.delete_account.execute(user.sub, email=body.email, caller=caller)
    wiring.cookies.clear(response)


def _read_position(cursor: str) -> int:
    [entry_id] = decode_cursor(listing_of("auth"), cursor, length=1)
    if type(entry_id) is not int:
        raise CursorInvalidError("the cursor does not belong to this listing")
    return entry_id
