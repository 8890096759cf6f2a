"""``/organisations/{slug}``: who is in it, and who is invited."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response, status

from auth.api.dependencies import FromCaller, Wired
from auth.api.documents import Responses, problem
from auth.api.organisation_dependencies import InvitationId, MemberId, Slug
from auth.api.organisation_schemas import (
    InvitationsView,
    InvitationView,
    MemberRoleBody,
    MembersView,
    MemberView,
    NewInvitationBody,
)
from auth.api.small_body import SmallBodyRoute
from auth.usecases.organisations.gate import Request as Wanted
from chassis.app import API_PREFIX
from chassis.authorisation import permit
from contracts.identity import IdentityClaims

router = APIRouter(prefix=f"{API_PREFIX}/organisations/{{slug}}", route_class=SmallBodyRoute, tags=["organisations"])

_NO_ORGANISATION: Responses = {404: problem("`organisation_not_found`")}
_REFUSALS: Responses = {
    403: problem("`organisation_role`; `recent_authentication_required`"),
    404: problem("`organisation_not_found`, `member_not_found`, `invitation_not_found`"),
}
_LAST_OWNER: Responses = {409: problem("`last_owner`: nobody else is owner")}
_OF_MEMBERS = "organisation.members"
_OF_MANAGING = "organisation.manage"

Manager = Annotated[IdentityClaims, Depends(permit(_OF_MANAGING))]
Owner = Annotated[IdentityClaims, Depends(permit(_OF_MEMBERS))]


@router.get("/members", summary="List an organisation's members", responses=_NO_ORGANISATION)
async def list_members(
    response: Response,
    wiring: Wired,
    caller: FromCaller,
    slug: Slug,
    user: Annotated[IdentityClaims, Depends(permit("organisation.read"))],
) -> MembersView:
    response.headers["cache-control"] = "private, no-store"
    wanted = Wanted(operation="organisation.read", slug=slug, user_id=user.sub, caller=caller)
    members = await wiring.organisations.members.show(wanted)
    return MembersView(items=[MemberView.of(member) for member in members])


@router.patch(
    "/members/{user_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Change a member's role",
    description="For owners. With effect on every open session of the member at once.",
    responses={204: {"description": "Changed, or as it was"}, **_REFUSALS, **_LAST_OWNER},
)
async def change_member(
    body: MemberRoleBody, wiring: Wired, caller: FromCaller, slug: Slug, user_id: MemberId, user: Owner
) -> None:
    wanted = Wanted(operation=_OF_MEMBERS, slug=slug, user_id=user.sub, caller=caller)
    await wiring.organisations.members.change(wanted, member=user_id, role=body.role)


@router.delete(
    "/members/{user_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Remove a member",
    description="For owners. With effect on every open session of the member at once.",
    responses={204: {"description": "Removed; there may have been no such member"}, **_REFUSALS, **_LAST_OWNER},
)
async def remove_member(wiring: Wired, caller: FromCaller, slug: Slug, user_id: MemberId, user: Owner) -> None:
    wanted = Wanted(operation=_OF_MEMBERS, slug=slug, user_id=user.sub, caller=caller)
    await wiring.organisations.members.remove(wanted, member=user_id)


@router.delete(
    "/membership",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Leave an organisation",
    responses={204: {"description": "Left"}, **_REFUSALS, **_LAST_OWNER},
)
async def leave_organisation(
    wiring: Wired,
    caller: FromCaller,
    slug: Slug,
    user: Annotated[IdentityClaims, Depends(permit("organisation.leave"))],
) -> None:
    wanted = Wanted(operation="organisation.leave", slug=slug, user_id=user.sub, caller=caller)
    await wiring.organisations.members.remove(wanted, member=user.sub)


@router.post(
    "/invitations",
    status_code=status.HTTP_201_CREATED,
    summary="Invite somebody",
    description="For owners. The invitation waits 14 days for whoever has the address; whether it has an account is not"
    " said. A repeat replaces it.",
    responses={201: {"description": "Invited"}, **_REFUSALS, 429: problem("`rate_limited`; see Retry-After")},
)
async def create_invitation(
    body: NewInvitationBody, response: Response, wiring: Wired, caller: FromCaller, slug: Slug, user: Owner
) -> InvitationView:
    response.headers["cache-control"] = "private, no-store"
    wanted = Wanted(operation=_OF_MEMBERS, slug=slug, user_id=user.sub, caller=caller)
    return InvitationView.of(await wiring.organisations.invite.create(wanted, email=body.email, role=body.role))


@router.get(
    "/invitations", summary="List an organisation's invitations", description="For owners.", responses=_REFUSALS
)
async def list_invitations(
    response: Response, wiring: Wired, caller: FromCaller, slug: Slug, user: Manager
) -> InvitationsView:
    response.headers["cache-control"] = "private, no-store"
    wanted = Wanted(operation=_OF_MANAGING, slug=slug, user_id=user.sub, caller=caller)
    found = await wiring.organisations.invite.show(wanted)
    return InvitationsView(items=[InvitationView.of(invitation) for invitation in found])


@router.delete(
    "/invitations/{invitation_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Withdraw an invitation",
    description="For owners.",
    responses={204: {"description": "Withdrawn"}, **_REFUSALS},
)
async def withdraw_invitation(
    wiring: Wired, caller: FromCaller, slug: Slug, invitation_id: InvitationId, user: Manager
) -> None:
    wanted = Wanted(operation=_OF_MANAGING, slug=slug, user_id=user.sub, caller=caller)
    await wiring.organisations.invite.withdraw(wanted, invitation_id)
