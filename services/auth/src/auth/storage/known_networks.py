"""From where an account has signed in: strangers' failures do not shut it out there."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.emails import Email

KEPT_DAYS = 90

_NOTE = text(
    "INSERT INTO known_networks (user_id, network) VALUES (:user_id, :network) ON CONFLICT (user_id, network)"
    " DO UPDATE SET seen_at = now() WHERE known_networks.seen_at < now() - interval '1 day'"
)
_DROP = text("DELETE FROM known_networks WHERE user_id = :user_id AND seen_at < now() - make_interval(days => :days)")
_IS_KNOWN = text(
    "SELECT 1 FROM known_networks k JOIN users u ON u.id = k.user_id WHERE u.email_key = :email_key"
    " AND k.network = :network AND k.seen_at >= now() - make_interval(days => :days)"
)


async def note_network(connection: AsyncConnection, *, user_id: UUID, network: str) -> None:
    """Remember a network from which an account has just signed in, and forget those long unused."""
    await connection.execute(_NOTE, {"user_id": user_id, "network": network})
    await connection.execute(_DROP, {"user_id": user_id, "days": KEPT_DAYS})


async def is_known_network(connection: AsyncConnection, *, email: Email, network: str) -> bool:
    """Say whether the account of an address has signed in from a network of late; False where there is no account."""
    values = {"email_key": email.key, "network": network, "days": KEPT_DAYS}
    return (await connection.execute(_IS_KNOWN, values)).first() is not None
