"""``/auth/invitations``: what waits for one's answer."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response, status

from auth.api.dependencies import FromCaller, Wired
from auth.api.documents import SESSION_COOKIE, Responses, problem
from auth.api.organisation_dependencies import InvitationId
from auth.api.organisation_schemas import EnteredOrganisationView, OwnInvitationsView, OwnInvitationView
from auth.api.small_body import SmallBodyRoute
from chassis.app import API_PREFIX
from chassis.authorisation import permit
from contracts.identity import IdentityClaims

router = APIRouter(prefix=f"{API_PREFIX}/auth/invitations", route_class=SmallBodyRoute, tags=["organisations"])

_NOT_FOUND: Responses = {404: problem("`invitation_not_found`: another's, answered, withdrawn or expired")}

Invited = Annotated[IdentityClaims, Depends(permit("invitation.answer"))]


@router.get("", summary="List my invitations", description="Those to the account's address, oldest first.")
async def list_own_invitations(
    response: Response, wiring: Wired, user: Annotated[IdentityClaims, Depends(permit("organisation.own"))]
) -> OwnInvitationsView:
    response.headers["cache-control"] = "private, no-store"
    found = await wiring.organisations.answer.list_own(user.sub)
    return OwnInvitationsView(items=[OwnInvitationView.of(invitation) for invitation in found])


@router.post(
    "/{invitation_id}/accept",
    summary="Accept an invitation",
    description="The session of this request goes on under another id.",
    responses={
        200: {"description": "Joined", "headers": SESSION_COOKIE},
        **_NOT_FOUND,
        409: problem("`organisation_limit`"),
    },
)
async def accept_invitation(
    response: Response, wiring: Wired, caller: FromCaller, invitation_id: InvitationId, user: Invited
) -> EnteredOrganisationView:
    response.headers["cache-control"] = "private, no-store"
    entered = await wiring.organisations.answer.accept(user_id=user.sub, invitation_id=invitation_id, caller=caller)
    wiring.cookies.set(response, entered.session.session_id, max_age_seconds=entered.session.ttl_seconds)
    return EnteredOrganisationView.entered(entered)


@router.post(
    "/{invitation_id}/decline",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Decline an invitation",
    description="The organisation does not learn which account it was.",
    responses={204: {"description": "Declined"}, **_NOT_FOUND},
)
async def decline_invitation(wiring: Wired, caller: FromCaller, invitation_id: InvitationId, user: Invited) -> None:
    await wiring.organisations.answer.decline(user_id=user.sub, invitation_id=invitation_id, caller=caller)
