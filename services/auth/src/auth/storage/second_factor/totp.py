"""The secrets of one-time codes, encrypted, and the last step that was accepted. The account's row must be locked."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_PROPOSE = text(
    "INSERT INTO totp_factors (user_id, secret) VALUES (:user_id, :secret) ON CONFLICT (user_id) DO UPDATE"
    " SET secret = excluded.secret, created_at = now() WHERE totp_factors.confirmed_at IS NULL"
)
_FIND = text(
    "SELECT secret, last_step FROM totp_factors WHERE user_id = :user_id"
    " AND (confirmed_at IS NOT NULL) = CAST(:confirmed AS boolean)"
)
_ACCEPT = text(
    "UPDATE totp_factors SET last_step = :step, confirmed_at = coalesce(confirmed_at, now()) WHERE user_id = :user_id"
)
_DELETE = text("DELETE FROM totp_factors WHERE user_id = :user_id AND confirmed_at IS NOT NULL")


@dataclass(frozen=True, slots=True)
class TotpFactor:
    """What codes are checked against: the sealed secret, and the last step whose code was accepted."""

    secret: bytes
    last_step: int


async def propose_totp(connection: AsyncConnection, user_id: UUID, *, secret: bytes) -> bool:
    """Write a secret that waits for its first code; False where the account has a confirmed one already."""
    return (await connection.execute(_PROPOSE, {"user_id": user_id, "secret": secret})).rowcount == 1


async def find_totp(connection: AsyncConnection, user_id: UUID, *, confirmed: bool) -> TotpFactor | None:
    """Read the secret that is confirmed, or the one that waits for its first code."""
    row = (await connection.execute(_FIND, {"user_id": user_id, "confirmed": confirmed})).one_or_none()
    return None if row is None else TotpFactor(row.secret, row.last_step)


async def accept_totp_step(connection: AsyncConnection, user_id: UUID, *, step: int) -> None:
    """Write down the step whose code was accepted; the first one confirms the factor."""
    await connection.execute(_ACCEPT, {"user_id": user_id, "step": step})


async def delete_totp(connection: AsyncConnection, user_id: UUID) -> bool:
    """Remove the account's one-time codes, and say whether there were any."""
    return (await connection.execute(_DELETE, {"user_id": user_id})).rowcount == 1
