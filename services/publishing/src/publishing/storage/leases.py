"""Who works on a submission: claims with SKIP LOCKED, leases by time, writes fenced by the lease's token."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from publishing.domain.submissions import Claim, SubmissionStatus

_CLAIM = text(
    "UPDATE submissions SET lease_token = gen_random_uuid(),"
    " work_at = clock_timestamp() + make_interval(secs => :lease_seconds),"
    " status = CASE status WHEN 'received' THEN 'scanning' ELSE status END"
    " WHERE id = (SELECT id FROM submissions WHERE status = ANY(:statuses) AND work_at <= clock_timestamp()"
    " ORDER BY work_at LIMIT 1 FOR UPDATE SKIP LOCKED)"
    " RETURNING id, lease_token, status, traceparent"
)
_EXTEND = text(
    "UPDATE submissions SET work_at = clock_timestamp() + make_interval(secs => :lease_seconds)"
    " WHERE id = :id AND lease_token = :token"
)
_FINISH = text(
    "UPDATE submissions SET status = :status, lease_token = NULL, attempts = 0, updated_at = clock_timestamp(),"
    " work_at = clock_timestamp() + make_interval(secs => :work_in_seconds)"
    " WHERE id = :id AND lease_token = :token"
)
_POSTPONE = text(
    "UPDATE submissions SET status = :status, lease_token = NULL, attempts = attempts + 1,"
    " updated_at = CASE WHEN status = :status THEN updated_at ELSE clock_timestamp() END,"
    " work_at = clock_timestamp() + make_interval(secs => least(power(2, least(attempts, 16)), :longest_seconds))"
    " WHERE id = :id AND lease_token = :token"
)
_MARK_CLEARED = text(
    "UPDATE submissions SET cleared_at = clock_timestamp(), lease_token = NULL, work_at = NULL"
    " WHERE id = :id AND lease_token = :token"
)

LONGEST_RETRY_SECONDS = 300
"""Retries come after 1, 2, 4 … seconds, then every five minutes, without end: nothing is forgotten."""


async def claim_submission(
    connection: AsyncConnection, *, statuses: Sequence[SubmissionStatus], lease_seconds: float
) -> Claim | None:
    """Take the submission that waits longest in one of the states; None where none is due.

    A received one becomes ``scanning``. Until the lease ends nobody else gets it; after that, anybody.
    """
    row = (await connection.execute(_CLAIM, {"statuses": list(statuses), "lease_seconds": lease_seconds})).one_or_none()
    if row is None:
        return None
    return Claim(submission_id=row.id, token=row.lease_token, status=row.status, traceparent=row.traceparent)


async def extend_lease(connection: AsyncConnection, claim: Claim, *, lease_seconds: float) -> bool:
    """Keep a submission longer; False where it is no longer this worker's."""
    values = {"id": claim.submission_id, "token": claim.token, "lease_seconds": lease_seconds}
    return (await connection.execute(_EXTEND, values)).rowcount == 1


async def finish_claim(
    connection: AsyncConnection, claim: Claim, *, status: SubmissionStatus, work_in_seconds: float | None
) -> bool:
    """Put a submission into its next state and give it up; False where it is no longer this worker's.

    `work_in_seconds` is when a worker is to take it again; None leaves it to people.
    """
    values = {
        "id": claim.submission_id,
        "token": claim.token,
        "status": status,
        "work_in_seconds": work_in_seconds,
    }
    return (await connection.execute(_FINISH, values)).rowcount == 1


async def postpone_claim(connection: AsyncConnection, claim: Claim, *, status: SubmissionStatus) -> bool:
    """Give a submission up after a failure, to be tried again later; False where it is no longer this worker's."""
    values = {
        "id": claim.submission_id,
        "token": claim.token,
        "status": status,
        "longest_seconds": LONGEST_RETRY_SECONDS,
    }
    return (await connection.execute(_POSTPONE, values)).rowcount == 1


async def mark_cleared(connection: AsyncConnection, claim: Claim) -> bool:
    """Note that the files left quarantine; False where it is no longer this worker's."""
    values: dict[str, UUID] = {"id": claim.submission_id, "token": claim.token}
    return (await connection.execute(_MARK_CLEARED, values)).rowcount == 1
