"""What an account is shown of its log: these fields and no others."""

from datetime import datetime
from typing import Literal, cast
from uuid import UUID

from pydantic import BaseModel, Field

from auth.domain.audit import RECORDED_FIELDS, ActorKind, AuditRecord, actor_of, outcome_of
from contracts.identity import OrganisationRole, Role

_BY: dict[ActorKind, Literal["you", "somebody", "operator"]] = {
    ActorKind.ACCOUNT: "you",
    ActorKind.VISITOR: "somebody",
    ActorKind.OPERATOR: "operator",
}


class AuditTargetView(BaseModel):
    """What it was done to."""

    kind: str = Field(examples=["session"])
    id: str = Field(description="A session is named by a part of its hash.")


class AuditFieldsView(BaseModel):
    """Fields of the account, before or after."""

    roles: list[Role] | None = None
    name: str | None = None
    display_name: str | None = None
    website: str | None = None
    scopes: list[str] | None = None
    slug: str | None = None
    role: OrganisationRole | None = Field(default=None, description="In the organisation.")
    member: UUID | None = None
    invitation: UUID | None = None


class AuditEntryView(BaseModel):
    """Something that the account did, or that was done to it."""

    occurred_at: datetime
    action: str = Field(examples=["session.signed-in"])
    outcome: Literal["succeeded", "refused"]
    by: Literal["you", "another", "somebody", "operator"] = Field(
        description="`another` had the right to: an administrator, or an owner of your organisation. `somebody` has not"
        " shown to be you."
    )
    target: AuditTargetView | None
    reason: str | None = Field(examples=["password-wrong"])
    address: str | None = Field(description="Network address of who did it; null for the operator.")
    before: AuditFieldsView | None
    after: AuditFieldsView | None
    trace_id: str | None = Field(description="For questions to the operator.")

    @classmethod
    def of(cls, record: AuditRecord) -> "AuditEntryView":
        """Show an entry; those of former versions are read by what they have."""
        outcome = record.outcome or outcome_of(record.action).value
        kind = record.actor_kind or actor_of(record.action, user_id=record.user_id, address=record.address)[0]
        return cls(
            occurred_at=record.occurred_at,
            action=record.action,
            outcome=cast("Literal['succeeded', 'refused']", outcome),
            by="another" if _is_anothers(record) else _BY[ActorKind(kind)],
            target=_target(record),
            reason=record.reason,
            address=record.address,
            before=shown_fields(record.before),
            after=shown_fields(record.after),
            trace_id=record.trace_id,
        )


class AuditPageView(BaseModel):
    """A page of the log."""

    items: list[AuditEntryView]
    next_cursor: str | None


def _is_anothers(record: AuditRecord) -> bool:
    return record.actor_kind == ActorKind.ACCOUNT and record.actor_id != record.user_id


def _target(record: AuditRecord) -> AuditTargetView | None:
    if record.target_kind is None or record.target_id is None:
        return None
    return AuditTargetView(kind=record.target_kind, id=record.target_id)


def shown_fields(fields: object) -> AuditFieldsView | None:
    """Show what `before` or `after` holds."""
    if not isinstance(fields, dict):
        return None
    return AuditFieldsView.model_validate({name: fields[name] for name in RECORDED_FIELDS & fields.keys()})
