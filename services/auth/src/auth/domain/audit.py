"""What the audit records."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class Action(StrEnum):
    """Something that an account did, or that was done to it; in the past tense."""

    REGISTERED = "account.registered"
    REGISTRATION_REFUSED = "account.registration-refused"
    SIGNED_IN = "session.signed-in"
    SIGN_IN_REFUSED = "session.sign-in-refused"
    SIGNED_OUT = "session.signed-out"
    ANONYMOUS_CLAIMED = "account.anonymous-claimed"
    DEVELOPER_REGISTERED = "account.developer-registered"
    DEVELOPER_REFUSED = "account.developer-registration-refused"
    ROLES_GRANTED = "account.roles-granted"
    PASSWORD_SET = "account.password-set"  # noqa: S105 - the name of an action
    SECOND_FACTOR_ASKED = "session.second-factor-asked"
    STEPPED_UP = "session.stepped-up"
    STEP_UP_REFUSED = "session.step-up-refused"
    FACTOR_ADDED = "second-factor.added"
    FACTOR_REFUSED = "second-factor.confirmation-refused"
    FACTOR_REMOVED = "second-factor.removed"
    RECOVERY_CODES_RENEWED = "second-factor.recovery-codes-renewed"
    TOKEN_CREATED = "token.created"  # noqa: S105 - the name of an action
    TOKEN_REVOKED = "token.revoked"  # noqa: S105 - as above
    TOKEN_LEAKED = "token.leaked"  # noqa: S105 - as above
    TOKEN_USE_REFUSED = "token.use-refused"  # noqa: S105 - as above
    ROLES_CHANGED = "account.roles-changed"
    ROLES_CHANGE_REFUSED = "account.roles-change-refused"
    ORGANISATION_CREATED = "organisation.created"
    ORGANISATION_RENAMED = "organisation.renamed"
    ORGANISATION_DELETED = "organisation.deleted"
    ORGANISATION_REFUSED = "organisation.change-refused"
    MEMBER_INVITED = "organisation.member-invited"
    MEMBER_JOINED = "organisation.member-joined"
    MEMBER_CHANGED = "organisation.member-role-changed"
    MEMBER_REMOVED = "organisation.member-removed"
    MEMBER_LEFT = "organisation.member-left"
    INVITATION_WITHDRAWN = "organisation.invitation-withdrawn"
    INVITATION_DECLINED = "organisation.invitation-declined"
    PASSWORD_RESET_REQUESTED = "account.password-reset-requested"  # noqa: S105 - the name of an action
    PASSWORD_RESET = "account.password-reset"  # noqa: S105 - the name of an action
    EMAIL_VERIFIED = "account.email-verified"
    DELETED = "account.deleted"
    EXPORTED = "account.exported"
    PERSONAL_FIELDS_ERASED = "account.personal-fields-erased"


class Outcome(StrEnum):
    """How it ended."""

    SUCCEEDED = "succeeded"
    REFUSED = "refused"


class ActorKind(StrEnum):
    """Who did it: an account, somebody who has not shown to be one, or the operator at the command line."""

    ACCOUNT = "account"
    VISITOR = "visitor"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Target:
    """What it was done to; `id` never a secret.

    `kind` is ``account``, ``session``, ``anonymous``, ``token``, ``second-factor``, ``organisation``,
    ``membership`` (one's own, by the organisation's id) or ``invitation``.
    """

    kind: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """An entry as it is kept.

    Entries of former versions have no outcome, actor or target. `address`, `before`, `after` and `detail` are personal:
    they can be erased. Everything else stays for ever, so nothing else may say who somebody is.
    """

    id: int
    occurred_at: datetime
    action: str
    outcome: str | None
    user_id: UUID | None
    actor_kind: str | None
    actor_id: UUID | None
    target_kind: str | None
    target_id: str | None
    reason: str | None
    trace_id: str | None
    address: str | None
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    detail: Mapping[str, Any]


RECORDED_FIELDS = frozenset(
    {"roles", "name", "display_name", "website", "scopes", "slug", "role", "member", "invitation"}
)
"""What `before` and `after` may hold. A list of what is allowed, so that a secret has no way in by mistake."""


_BY_STRANGERS = frozenset(
    {Action.PASSWORD_RESET_REQUESTED, Action.SIGN_IN_REFUSED, Action.TOKEN_LEAKED, Action.TOKEN_USE_REFUSED}
)
"""Whoever did it has not shown to be the account whose log it belongs to."""


def outcome_of(action: str) -> Outcome:
    """Say how an action ended, which its name tells."""
    return Outcome.REFUSED if action.endswith("-refused") else Outcome.SUCCEEDED


def actor_of(action: str, *, user_id: UUID | None, address: str | None) -> tuple[ActorKind, UUID | None]:
    """Say who did it where nobody else is named: who is refused, or asks for a mail, has not shown to be it."""
    if address is None:
        return ActorKind.OPERATOR, None
    if user_id is None or action in _BY_STRANGERS:
        return ActorKind.VISITOR, None
    return ActorKind.ACCOUNT, user_id


def recorded(fields: Mapping[str, object] | None) -> dict[str, object] | None:
    """Check what `before` or `after` is to hold.

    Raises
    ------
    ValueError
        A field is not one of `RECORDED_FIELDS`; its value is not quoted.
    """
    if fields is None:
        return None
    unknown = sorted(set(fields) - RECORDED_FIELDS)
    if unknown:
        raise ValueError(f"the audit does not record {', '.join(unknown)}")
    return dict(fields)
