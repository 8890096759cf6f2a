"""Rows of `staged_uploads`: they explain files in quarantine for which there is no submission yet."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_STAGE = text("INSERT INTO staged_uploads (submission_id) VALUES (:id)")
_UNSTAGE = text("DELETE FROM staged_uploads WHERE submission_id = :id")
_ABANDONED = text(
    "SELECT submission_id FROM staged_uploads WHERE staged_at < clock_timestamp() - make_interval(secs => :seconds)"
    " ORDER BY staged_at LIMIT :limit"
)


async def stage_upload(connection: AsyncConnection, submission_id: UUID) -> None:
    """Announce files in quarantine, before the first is written."""
    await connection.execute(_STAGE, {"id": submission_id})


async def unstage_upload(connection: AsyncConnection, submission_id: UUID) -> bool:
    """Take the announcement back: a submission explains the files now, or they are gone. False: was not there."""
    return (await connection.execute(_UNSTAGE, {"id": submission_id})).rowcount == 1


async def list_abandoned(connection: AsyncConnection, *, older_than_seconds: float, limit: int) -> Sequence[UUID]:
    """List uploads that have been announced for so long that their process must be gone."""
    rows = await connection.execute(_ABANDONED, {"seconds": older_than_seconds, "limit": limit})
    return [row.submission_id for row in rows]
