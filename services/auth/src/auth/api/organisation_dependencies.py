"""What the routes of organisations are given."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Path

from auth.domain.organisation_errors import InvitationNotFoundError, MemberNotFoundError
from auth.usecases.organisations.invitations import AnswerInvitation, Invite
from auth.usecases.organisations.manage import Organisations
from auth.usecases.organisations.members import Members
from auth.usecases.organisations.read_audit import ReadOrganisationAudit
from chassis.conditional import parse_if_match


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationWiring:
    """The use cases of organisations."""

    organisations: Organisations
    members: Members
    invite: Invite
    answer: AnswerInvitation
    audit: ReadOrganisationAudit


async def _permitted(
    if_match: Annotated[str | None, Header(description="ETag that was read; 412 where it is another now")] = None,
) -> frozenset[int] | None:
    return parse_if_match(if_match)


async def _invitation_id(invitation_id: Annotated[str, Path(description="The invitation's id (UUID)")]) -> UUID:
    try:
        return UUID(invitation_id)
    except ValueError as error:
        raise InvitationNotFoundError("no invitation has this id") from error


async def _member_id(user_id: Annotated[str, Path(description="The member's account id (UUID)")]) -> UUID:
    try:
        return UUID(user_id)
    except ValueError as error:
        raise MemberNotFoundError("no member has this id") from error


Slug = Annotated[str, Path(description="The organisation's slug", examples=["example-labs"])]
PermittedRevisions = Annotated[frozenset[int] | None, Depends(_permitted)]
InvitationId = Annotated[UUID, Depends(_invitation_id)]
MemberId = Annotated[UUID, Depends(_member_id)]
