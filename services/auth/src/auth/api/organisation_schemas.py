"""Bodies about organisations."""

from datetime import datetime
from typing import Annotated, Literal, cast
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from auth.api.audit_schemas import AuditFieldsView, shown_fields
from auth.api.fields import EmailField, NameField
from auth.api.schemas import SessionView
from auth.domain.audit import AuditRecord
from auth.domain.organisations import (
    SLUG_MAX_LENGTH,
    SLUG_MIN_LENGTH,
    SLUG_PATTERN,
    Invitation,
    Member,
    OwnOrganisation,
    is_slug,
)
from auth.usecases.organisations.manage import Entered
from contracts.identity import OrganisationRole


def _free(slug: str) -> str:
    if not is_slug(slug):
        raise ValueError("is a reserved word")
    return slug


NewSlug = Annotated[
    str,
    StringConstraints(min_length=SLUG_MIN_LENGTH, max_length=SLUG_MAX_LENGTH, pattern=SLUG_PATTERN),
    AfterValidator(_free),
]


class NewOrganisationBody(BaseModel):
    """An organisation to make."""

    model_config = ConfigDict(extra="forbid")

    slug: NewSlug = Field(description="Stands in addresses and never changes", examples=["example-labs"])
    name: NameField


class OrganisationChangesBody(BaseModel):
    """What to change."""

    model_config = ConfigDict(extra="forbid")

    name: NameField


class MemberRoleBody(BaseModel):
    """What a member becomes."""

    model_config = ConfigDict(extra="forbid")

    role: OrganisationRole


class NewInvitationBody(BaseModel):
    """Whom to invite, and as what."""

    model_config = ConfigDict(extra="forbid")

    email: EmailField
    role: OrganisationRole = "member"


class OrganisationView(BaseModel):
    """An organisation, for its members."""

    id: UUID
    slug: str
    name: str
    role: OrganisationRole = Field(description="Yours.")
    revision: int = Field(description="Raised by every change; the ETag")
    created_at: datetime

    @classmethod
    def of(cls, own: OwnOrganisation) -> "OrganisationView":
        """Show an organisation."""
        found = own.organisation
        return cls(
            id=found.id,
            slug=found.slug,
            name=found.name,
            role=own.role,
            revision=found.revision,
            created_at=found.created_at,
        )


class EnteredOrganisationView(OrganisationView):
    """An organisation that the account is in now, and the session by which it goes on."""

    session: SessionView

    @classmethod
    def entered(cls, entered: Entered) -> "EnteredOrganisationView":
        """Show what an account entered."""
        shown = OrganisationView.of(entered.own)
        return cls(**shown.model_dump(), session=SessionView.of(entered.session))


class OrganisationsView(BaseModel):
    """The account's organisations."""

    items: list[OrganisationView]


class MemberView(BaseModel):
    """A member of an organisation."""

    user_id: UUID
    name: str = Field(description="What everybody sees: the developer's display name where there is one.")
    role: OrganisationRole
    joined_at: datetime

    @classmethod
    def of(cls, member: Member) -> "MemberView":
        """Show a member."""
        return cls(user_id=member.user_id, name=member.name, role=member.role, joined_at=member.joined_at)


class MembersView(BaseModel):
    """An organisation's members."""

    items: list[MemberView]


class InvitationView(BaseModel):
    """An invitation that waits, for the organisation."""

    id: UUID
    email: str
    role: OrganisationRole
    invited_by: UUID
    created_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, invitation: Invitation) -> "InvitationView":
        """Show an invitation."""
        return cls(
            id=invitation.id,
            email=invitation.email,
            role=invitation.role,
            invited_by=invitation.invited_by,
            created_at=invitation.created_at,
            expires_at=invitation.expires_at,
        )


class InvitationsView(BaseModel):
    """An organisation's invitations."""

    items: list[InvitationView]


class OwnInvitationView(BaseModel):
    """An invitation that waits, for who is invited."""

    id: UUID
    organisation_slug: str
    organisation_name: str
    role: OrganisationRole
    created_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, invitation: Invitation) -> "OwnInvitationView":
        """Show an invitation."""
        return cls(
            id=invitation.id,
            organisation_slug=invitation.organisation.slug,
            organisation_name=invitation.organisation.name,
            role=invitation.role,
            created_at=invitation.created_at,
            expires_at=invitation.expires_at,
        )


class OwnInvitationsView(BaseModel):
    """The account's invitations."""

    items: list[OwnInvitationView]


class OrganisationAuditEntryView(BaseModel):
    """Something that was done to the organisation, or refused."""

    occurred_at: datetime
    action: str = Field(examples=["organisation.member-joined"])
    outcome: Literal["succeeded", "refused"]
    by: UUID | None = Field(description="The account; null for one that declined an invitation.")
    reason: str | None = Field(examples=["last_owner"])
    wanted: str | None = Field(description="The operation that was refused.", examples=["organisation.members"])
    before: AuditFieldsView | None
    after: AuditFieldsView | None
    trace_id: str | None = Field(description="For questions to the operator.")

    @classmethod
    def of(cls, record: AuditRecord) -> "OrganisationAuditEntryView":
        """Show an entry, without the network address of who did it."""
        return cls(
            occurred_at=record.occurred_at,
            action=record.action,
            outcome=cast("Literal['succeeded', 'refused']", record.outcome),
            by=record.actor_id,
            reason=record.reason,
            wanted=record.detail.get("wanted"),
            before=shown_fields(record.before),
            after=shown_fields(record.after),
            trace_id=record.trace_id,
        )


class OrganisationAuditView(BaseModel):
    """A page of the organisation's log."""

    items: list[OrganisationAuditEntryView]
    next_cursor: str | None
