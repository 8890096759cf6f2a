"""The append-only audit."""

import json
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.audit import Action
from chassis.telemetry import current_trace_id

_INSERT = text(
    "INSERT INTO audit_entries (action, user_id, address, detail, trace_id)"
    " VALUES (:action, :user_id, :address, CAST(:detail AS jsonb), :trace_id)"
)


async def append_audit(
    connection: AsyncConnection,
    action: Action,
    *,
    user_id: UUID | None,
    address: str | None,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Write an entry in the transaction of what it records.

    Parameters
    ----------
    user_id
        The account; None where it is unknown.
    address
        Network address of the caller; None for a command of the operator.
    detail
        JSON values, never a secret.
    """
    values = {
        "action": action.value,
        "user_id": user_id,
        "address": address,
        "detail": json.dumps(dict(detail or {})),
        "trace_id": current_trace_id(),
    }
    await connection.execute(_INSERT, values)
