"""What stands between a submission and its release, read from verdicts and the newest decision."""

from sqlalchemy.ext.asyncio import AsyncConnection

from publishing.domain.submissions import Submission
from publishing.domain.verdicts import obstacles_to_release
from publishing.storage.decisions import find_latest_decision
from publishing.storage.verdicts import map_verdicts


async def obstacles_of(connection: AsyncConnection, submission: Submission) -> list[str]:
    """Say what is missing; empty when the submission may be released."""
    decision = await find_latest_decision(connection, submission.id)
    if decision is None or decision.verdict != "approve":
        return ["no reviewer has approved it"]
    return obstacles_to_release(
        await map_verdicts(connection, submission.id),
        content_sha256=submission.content_sha256,
        accepted_checks=frozenset(decision.accepted_checks),
    )
