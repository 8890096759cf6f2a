"""A submission with everything a person wants to know about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.db import Database
from publishing.domain.submissions import Decision, Step, Submission
from publishing.domain.verdicts import Verdict
from publishing.storage.decisions import find_latest_decision
from publishing.storage.steps import list_steps
from publishing.storage.verdicts import list_verdicts


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionView:
    """A submission, its steps, its verdicts with their times, and the newest decision on it."""

    submission: Submission
    steps: Sequence[Step]
    verdicts: Sequence[tuple[Verdict, datetime]]
    decision: Decision | None


async def load_view(database: Database, submission: Submission) -> SubmissionView:
    """Read what belongs to a submission."""
    async with database.read() as connection:
        return SubmissionView(
            submission=submission,
            steps=await list_steps(connection, submission.id),
            verdicts=await list_verdicts(connection, submission.id),
            decision=await find_latest_decision(connection, submission.id),
        )
