"""Rows of `decisions`, which are only ever added."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from publishing.domain.submissions import Decision, DecisionVerdict, ReasonCode

_INSERT = text(
    "INSERT INTO decisions (submission_id, reviewer_id, reviewer_name, verdict, reason_code, text, accepted_checks)"
    " VALUES (:submission_id, :reviewer_id, :reviewer_name, :verdict, :reason_code, :text,"
    " CAST(:accepted_checks AS text[]))"
)
_FIND = text(
    "SELECT reviewer_id, reviewer_name, verdict, reason_code, text, accepted_checks, decided_at FROM decisions"
    " WHERE submission_id = :submission_id ORDER BY position DESC LIMIT 1"
)


async def insert_decision(
    connection: AsyncConnection,
    *,
    submission_id: UUID,
    reviewer_id: UUID,
    reviewer_name: str,
    verdict: DecisionVerdict,
    reason_code: ReasonCode | None,
    text: str | None,
    accepted_checks: tuple[str, ...],
) -> None:
    """Record a decision on a submission, whose row is locked."""
    values = {
        "submission_id": submission_id,
        "reviewer_id": reviewer_id,
        "reviewer_name": reviewer_name,
        "verdict": verdict,
        "reason_code": reason_code,
        "text": text,
        "accepted_checks": list(accepted_checks),
    }
    await connection.execute(_INSERT, values)


async def find_latest_decision(connection: AsyncConnection, submission_id: UUID) -> Decision | None:
    """Read the newest decision; None while there is none."""
    row = (await connection.execute(_FIND, {"submission_id": submission_id})).one_or_none()
    if row is None:
        return None
    return Decision(
        reviewer_id=row.reviewer_id,
        reviewer_name=row.reviewer_name,
        verdict=row.verdict,
        reason_code=row.reason_code,
        text=row.text,
        accepted_checks=tuple(row.accepted_checks),
        decided_at=row.decided_at,
    )
