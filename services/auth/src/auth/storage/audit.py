"""The audit's entries: appended, read by their account, erased of what is personal."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.audit import Action, ActorKind, AuditRecord, Target, actor_of, outcome_of, recorded
from chassis.telemetry import current_trace_id

RECORD_COLUMNS = (
    "id, occurred_at, action, outcome, user_id, actor_kind, actor_id, target_kind, target_id, reason, trace_id,"
    " address, before, after, detail"
)
_INSERT = text(
    "INSERT INTO audit_entries (action, outcome, user_id, actor_kind, actor_id, target_kind, target_id, reason,"
    " trace_id, address, before, after, detail) VALUES (:action, :outcome, :user_id, :actor_kind, :actor_id,"
    " :target_kind, :target_id, :reason, :trace_id, :address, CAST(:before AS jsonb), CAST(:after AS jsonb),"
    " CAST(:detail AS jsonb))"
)
_OF_ACCOUNT = text(
    f"SELECT {RECORD_COLUMNS} FROM audit_entries WHERE user_id = :user_id"  # noqa: S608 - the columns are ours
    " AND (CAST(:before AS bigint) IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit"
)
_OF_ORGANISATION = text(
    f"SELECT {RECORD_COLUMNS} FROM audit_entries WHERE target_kind = 'organisation'"  # noqa: S608 - the columns are ours
    " AND target_id = :target_id AND (CAST(:before AS bigint) IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit"
)
_ERASE = text(
    "UPDATE audit_entries SET address = NULL, before = NULL, after = NULL, detail = '{}', salt = NULL"
    " WHERE user_id = :user_id AND position IS NOT NULL AND salt IS NOT NULL"
)


async def append_audit(
    connection: AsyncConnection,
    action: Action,
    *,
    user_id: UUID | None,
    address: str | None,
    target: Target | None = None,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    reason: str | None = None,
    detail: Mapping[str, object] | None = None,
    actor: tuple[ActorKind, UUID | None] | None = None,
) -> None:
    """Write an entry in the transaction of what it records; the sealer chains it afterwards.

    Parameters
    ----------
    user_id
        The account whose log it belongs to; None where it is unknown.
    address
        Network address of the caller; None for a command of the operator.
    target
        What it was done to; the account itself where None.
    before, after
        Fields of `auth.domain.audit.RECORDED_FIELDS` that changed.
    reason
        Why, in a word such as ``password-wrong``; it is kept for ever, so nothing personal.
    detail
        Further JSON values, never a secret; the account is not shown them.
    actor
        Who did it, where it is not the account whose log it is; then without `address`, which the account is shown.
    """
    actor_kind, actor_id = actor or actor_of(action, user_id=user_id, address=address)
    if target is None and user_id is not None:
        target = Target("account", str(user_id))
    values = {
        "action": action.value,
        "outcome": outcome_of(action).value,
        "user_id": user_id,
        "actor_kind": actor_kind.value,
        "actor_id": actor_id,
        "target_kind": target.kind if target else None,
        "target_id": target.id if target else None,
        "reason": reason,
        "trace_id": current_trace_id(),
        "address": address,
        "before": _json(recorded(before)),
        "after": _json(recorded(after)),
        "detail": json.dumps(dict(detail or {})),
    }
    await connection.execute(_INSERT, values)


async def list_audit(
    connection: AsyncConnection, user_id: UUID, *, before: int | None, limit: int
) -> Sequence[AuditRecord]:
    """Read an account's entries, newest first, those below the id `before`."""
    found = await connection.execute(_OF_ACCOUNT, {"user_id": user_id, "before": before, "limit": limit})
    return [audit_record(row) for row in found]


async def list_organisation_audit(
    connection: AsyncConnection, organisation_id: UUID, *, before: int | None, limit: int
) -> Sequence[AuditRecord]:
    """Read an organisation's entries, newest first, those below the id `before`."""
    values = {"target_id": str(organisation_id), "before": before, "limit": limit}
    return [audit_record(row) for row in await connection.execute(_OF_ORGANISATION, values)]


async def erase_personal_fields(connection: AsyncConnection, user_id: UUID, *, address: str | None) -> int:
    """Erase what is personal in the account's sealed entries, and say so in one that stays.

    Entries that are not sealed yet keep their fields: seal first, in the same transaction. May be repeated.

    Returns
    -------
    int
        How many entries it was.
    """
    erased = (await connection.execute(_ERASE, {"user_id": user_id})).rowcount
    await append_audit(connection, Action.PERSONAL_FIELDS_ERASED, user_id=user_id, address=address)
    return erased


def audit_record(row: Row[Any]) -> AuditRecord:
    """Read a row of `RECORD_COLUMNS`."""
    return AuditRecord(
        id=row.id,
        occurred_at=row.occurred_at,
        action=row.action,
        outcome=row.outcome,
        user_id=row.user_id,
        actor_kind=row.actor_kind,
        actor_id=row.actor_id,
        target_kind=row.target_kind,
        target_id=row.target_id,
        reason=row.reason,
        trace_id=row.trace_id,
        address=row.address,
        before=row.before,
        after=row.after,
        detail=row.detail,
    )


def _json(value: Mapping[str, object] | None) -> str | None:
    return None if value is None else json.dumps(value)
