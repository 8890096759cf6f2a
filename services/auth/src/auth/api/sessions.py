"""``/auth/sessions``: where one is signed in."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response, status

from auth.api.dependencies import FromCaller, Wired
from auth.api.documents import problem
from auth.api.schemas import OwnSessionsView, OwnSessionView
from auth.api.small_body import SmallBodyRoute
from chassis.app import API_PREFIX
from chassis.authorisation import permit
from contracts.identity import IdentityClaims

router = APIRouter(prefix=f"{API_PREFIX}/auth/sessions", route_class=SmallBodyRoute, tags=["auth"])


@router.get(
    "",
    summary="List my sessions",
    description="Gives every open session of the account, the last used first. None of it can be used to sign in.",
    responses={200: {"description": "The open sessions"}, 401: problem("`unauthenticated`")},
)
async def list_sessions(
    response: Response,
    wiring: Wired,
    caller: FromCaller,
    user: Annotated[IdentityClaims, Depends(permit("session.list"))],
) -> OwnSessionsView:
    response.headers["cache-control"] = "no-store"
    sessions = await wiring.own_sessions.show(user.sub, caller)
    return OwnSessionsView(sessions=[OwnSessionView.of(session) for session in sessions])


@router.delete(
    "",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="End my other sessions",
    description="Ends every session of the account but the one of this request, everywhere within a second.",
    responses={204: {"description": "Ended; there may have been none"}, 401: problem("`unauthenticated`")},
)
async def end_other_sessions(
    wiring: Wired, caller: FromCaller, user: Annotated[IdentityClaims, Depends(permit("session.list"))]
) -> None:
    await wiring.own_sessions.end_others(user.sub, caller)


@router.delete(
    "/{session_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="End one of my sessions",
    description="Ends a session of the account, everywhere within a second; the one of this request, too.",
    responses={
        204: {"description": "Ended; the cookie is cleared where it was the session of this request"},
        401: problem("`unauthenticated`"),
        404: problem("`session_not_found`: the account has no such session"),
    },
)
async def end_session(
    session_id: str,
    response: Response,
    wiring: Wired,
    caller: FromCaller,
    user: Annotated[IdentityClaims, Depends(permit("session.end"))],
) -> None:
    if await wiring.own_sessions.end(user.sub, session_id, caller):
        wiring.cookies.clear(response)
