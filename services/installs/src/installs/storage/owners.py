"""Who may write: the rows that are the locks between an owner's writes, its claim and its erasure."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.telemetry import current_traceparent
from contracts.events.installs import InstallRemoved, OwnerKind
from installs.domain.installs import Owner
from installs.storage.statements import EVENT, GUARDS

Standing = Literal["free", "claimed", "erased"]

_STANDING: dict[OwnerKind, str] = {
    "user": "SELECT false AS is_claimed, erased_at IS NOT NULL AS is_erased FROM account_owners",
    "anonymous": (
        "SELECT claimed_by IS NOT NULL AS is_claimed, erased_at IS NOT NULL AS is_erased FROM anonymous_owners"
    ),
}
_HOLD = text(GUARDS["user"].format(source=""))
_ERASE: dict[OwnerKind, str] = {
    "user": (
        "INSERT INTO account_owners AS o (owner_id, erased_at) VALUES (:owner_id, :erased_at)"
        " ON CONFLICT (owner_id) DO UPDATE SET erased_at = EXCLUDED.erased_at WHERE o.erased_at IS NULL"
        " RETURNING o.owner_id"
    ),
    "anonymous": (
        "INSERT INTO anonymous_owners AS o (owner_id, erased_at) VALUES (:owner_id, :erased_at)"
        " ON CONFLICT (owner_id) DO UPDATE SET erased_at = EXCLUDED.erased_at"
        " WHERE o.erased_at IS NULL AND o.claimed_by IS NULL RETURNING o.owner_id"
    ),
}
_REMOVE = text(
    "WITH written AS (UPDATE installs i SET settings = '{}', revision = i.revision + 1,"  # noqa: S608 - constants only
    " updated_at = clock_timestamp(), removed_at = clock_timestamp()"
    " WHERE i.owner_id = :owner_id AND i.removed_at IS NULL RETURNING i.*), " + EVENT + " SELECT count(*) FROM written"
)
_FORGET = text("DELETE FROM installs WHERE owner_id = :owner_id")


async def read_standing(connection: AsyncConnection, owner: Owner) -> Standing:
    """Say whether the owner may write, and if not, why."""
    statement = text(f"{_STANDING[owner.kind]} WHERE owner_id = :owner_id")
    row = (await connection.execute(statement, {"owner_id": owner.id})).one_or_none()
    if row is None or not (row.is_claimed or row.is_erased):
        return "free"
    return "claimed" if row.is_claimed else "erased"


async def hold_account(connection: AsyncConnection, user_id: UUID) -> bool:
    """Lock an account's row until the transaction ends; False where the account is erased."""
    return (await connection.execute(_HOLD, {"owner_id": user_id})).one_or_none() is not None


async def erase_owner(connection: AsyncConnection, owner: Owner, *, erased_at: datetime) -> None:
    """Refuse an owner's writes from now on and forget its installs, with an event for each that it had.

    Waits for writes of that owner that are under way. Does nothing where it was erased before, or was claimed: then
    what it had is the account's.
    """
    values = {"owner_id": owner.id, "erased_at": erased_at}
    if (await connection.execute(text(_ERASE[owner.kind]), values)).one_or_none() is not None:
        await forget_installs(connection, owner.id)


async def forget_installs(connection: AsyncConnection, owner_id: UUID) -> None:
    """Remove an owner's installs with an event for each, then their rows; the owner must be refused already.

    Only an owner that never writes again may lose its rows, since they hold the last revisions.
    """
    values = {
        "owner_id": owner_id,
        "topic": InstallRemoved.topic,
        "event_type": InstallRemoved.event_type,
        "traceparent": current_traceparent(),
    }
    await connection.execute(_REMOVE, values)
    await connection.execute(_FORGET, {"owner_id": owner_id})
