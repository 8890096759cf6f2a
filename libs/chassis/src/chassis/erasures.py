"""Who is no more: marked once and for ever, so that what comes late of them or about them brings nothing back.

For services whose writes are transactions of several statements. A lock that needs no row stands between a write and
the mark: the write holds it shared to its end, the mark waits for it, and every later statement sees the mark.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, DateTime, MetaData, Table, Uuid, text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.errors import UnauthenticatedError


def erased_table(metadata: MetaData) -> Table:
    """Define the table of marks in a service's metadata."""
    return Table(
        "erased_accounts",
        metadata,
        Column("user_id", Uuid, primary_key=True),
        Column("erased_at", DateTime(timezone=True), nullable=False),
    )


_KEY = "hashtextextended('erased:' || current_schema() || ':' || CAST(:user_id AS text), 0)"
_HOLD = text(f"SELECT pg_advisory_xact_lock_shared({_KEY})")
_TAKE = text(f"SELECT pg_advisory_xact_lock({_KEY})")
_IS_ERASED = text("SELECT EXISTS (SELECT FROM erased_accounts WHERE user_id = :user_id)")
_MARK = text("INSERT INTO erased_accounts (user_id, erased_at) VALUES (:user_id, :erased_at) ON CONFLICT DO NOTHING")


async def hold_account(connection: AsyncConnection, user_id: UUID) -> None:
    """Keep an account from being erased until the transaction ends; call it before anything is written of it.

    Raises
    ------
    UnauthenticatedError
        It is erased.
    """
    await connection.execute(_HOLD, {"user_id": user_id})
    if await is_erased(connection, user_id):
        raise UnauthenticatedError("the account does not exist any more")


async def is_erased(connection: AsyncConnection, user_id: UUID) -> bool:
    """Say whether an account is marked as erased; without holding it, that may change at once."""
    return bool((await connection.execute(_IS_ERASED, {"user_id": user_id})).scalar_one())


async def mark_erased(connection: AsyncConnection, user_id: UUID, *, erased_at: datetime) -> None:
    """Mark an account as erased, after the writes that hold it; commit before its data are looked for."""
    await connection.execute(_TAKE, {"user_id": user_id})
    await connection.execute(_MARK, {"user_id": user_id, "erased_at": erased_at})
