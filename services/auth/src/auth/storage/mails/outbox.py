"""Mails that wait: what is to be sent and about what, never a text or a token."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.mails import MailKind

FIRST_PAUSE_SECONDS = 30
"""Until a mail is tried again; longer than an attempt may take, so that it is its lease as well. It doubles."""

_APPEND = text("INSERT INTO mails (kind, about, address) VALUES (:kind, :about, :address)")
_CLAIM = text(
    "UPDATE mails SET attempts = attempts + 1,"
    " next_attempt_at = now() + make_interval(secs => :pause * power(2, attempts))"
    " WHERE id IN (SELECT id FROM mails WHERE next_attempt_at <= now() ORDER BY next_attempt_at LIMIT :limit"
    " FOR UPDATE SKIP LOCKED) RETURNING id, kind, about, address, attempts"
)
_DELETE = text("DELETE FROM mails WHERE id = :id")
_OLDEST = text("SELECT extract(epoch FROM now() - min(created_at)) AS seconds FROM mails")


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingMail:
    """A mail that this process sends now.

    Parameters
    ----------
    about
        An account's id; for a reset the key of an e-mail address; for a registration its id.
    address
        Network address of whoever asked.
    attempts
        How many there were, with this one.
    """

    id: int
    kind: MailKind
    about: str
    address: str | None
    attempts: int


async def append_mail(connection: AsyncConnection, kind: MailKind, *, about: str, address: str | None) -> None:
    """Have a mail sent once the transaction has committed."""
    await connection.execute(_APPEND, {"kind": kind.value, "about": about, "address": address})


async def claim_mails(connection: AsyncConnection, *, limit: int) -> Sequence[WaitingMail]:
    """Take mails that are due; nobody else gets them before their next attempt is."""
    found = await connection.execute(_CLAIM, {"pause": FIRST_PAUSE_SECONDS, "limit": limit})
    return [
        WaitingMail(id=row.id, kind=MailKind(row.kind), about=row.about, address=row.address, attempts=row.attempts)
        for row in found
    ]


async def delete_mail(connection: AsyncConnection, mail_id: int) -> None:
    """Forget a mail that was sent, or never will be."""
    await connection.execute(_DELETE, {"id": mail_id})


async def measure_oldest(connection: AsyncConnection) -> float:
    """Give the age in seconds of the mail that waits for longest; 0 where none does."""
    return float((await connection.execute(_OLDEST)).scalar_one() or 0)
