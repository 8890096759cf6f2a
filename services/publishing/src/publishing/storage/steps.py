"""Rows of `submission_steps`: what a developer sees of the way."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from publishing.domain.submissions import Step, StepName, StepStatus

_RECORD = text(
    "INSERT INTO submission_steps (submission_id, name, status, detail)"
    " VALUES (:submission_id, :name, :status, :detail) ON CONFLICT (submission_id, name) DO UPDATE SET"
    " status = excluded.status, detail = excluded.detail, at = clock_timestamp()"
)
_LIST = text("SELECT name, status, detail, at FROM submission_steps WHERE submission_id = :submission_id ORDER BY at")


async def record_step(
    connection: AsyncConnection, *, submission_id: UUID, name: StepName, status: StepStatus, detail: str | None = None
) -> None:
    """Write how a step stands; replaces what was written of it."""
    values = {"submission_id": submission_id, "name": name, "status": status, "detail": detail}
    await connection.execute(_RECORD, values)


async def list_steps(connection: AsyncConnection, submission_id: UUID) -> Sequence[Step]:
    """List the steps in the order in which they last changed."""
    rows = await connection.execute(_LIST, {"submission_id": submission_id})
    return [Step(name=row.name, status=row.status, detail=row.detail, at=row.at) for row in rows]
