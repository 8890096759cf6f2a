"""Anonymous owners that became accounts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.telemetry import current_traceparent
from contracts.events.installs import InstallCreated
from installs.storage.owners import forget_installs
from installs.storage.statements import EVENT

_CLAIM = text(
    "INSERT INTO anonymous_owners AS o (owner_id, claimed_by, claimed_at) VALUES (:anonymous_id, :user_id, :claimed_at)"
    " ON CONFLICT (owner_id) DO UPDATE SET claimed_by = EXCLUDED.claimed_by, claimed_at = EXCLUDED.claimed_at"
    " WHERE o.claimed_by IS NULL AND o.erased_at IS NULL RETURNING o.owner_id"
)
_COPY = text(
    "WITH written AS (INSERT INTO installs AS i (owner_id, plugin_id, owner_kind, version, enabled,"  # noqa: S608 - constants only
    " settings,"
    " installed_at) SELECT CAST(:user_id AS uuid), plugin_id, 'user', version, enabled, settings, installed_at"
    # In one order, so that two claims for the same account cannot wait for each other.
    " FROM installs WHERE owner_id = :anonymous_id AND removed_at IS NULL ORDER BY plugin_id"
    " ON CONFLICT (owner_id, plugin_id) DO UPDATE SET version = EXCLUDED.version, enabled = EXCLUDED.enabled,"
    " settings = EXCLUDED.settings, installed_at = EXCLUDED.installed_at, updated_at = clock_timestamp(),"
    " removed_at = NULL, revision = i.revision + 1 WHERE i.removed_at IS NOT NULL RETURNING i.*), "
    + EVENT
    + " SELECT count(*) FROM written"
)


async def claim_owner(connection: AsyncConnection, *, anonymous_id: UUID, user_id: UUID, claimed_at: datetime) -> bool:
    """Note that an anonymous owner belongs to an account, and refuse its writes from now on.

    Waits for writes of that owner that are under way; later statements of the transaction see them. False where it was
    claimed or erased before: nothing is left to move.
    """
    values = {"anonymous_id": anonymous_id, "user_id": user_id, "claimed_at": claimed_at}
    return (await connection.execute(_CLAIM, values)).one_or_none() is not None


async def move_installs(connection: AsyncConnection, *, anonymous_id: UUID, user_id: UUID) -> int:
    """Move what the account does not have yet and remove the rest, with an event for every change.

    Call it in the transaction of a successful `claim_owner`, while `hold_account` keeps the account. Returns how many
    moved.
    """
    values = {
        "anonymous_id": anonymous_id,
        "user_id": user_id,
        "topic": InstallCreated.topic,
        "event_type": InstallCreated.event_type,
        "traceparent": current_traceparent(),
    }
    moved: int = (await connection.execute(_COPY, values)).scalar_one()
    await forget_installs(connection, anonymous_id)
    return moved
