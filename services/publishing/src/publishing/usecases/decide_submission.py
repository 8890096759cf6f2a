"""A reviewer decides on a submission."""

from collections.abc import Mapping
from uuid import UUID

from chassis.db import Database
from chassis.erasures import hold_account
from chassis.errors import FieldError, RequestInvalidError
from contracts.identity import IdentityClaims
from contracts.policy import Ownership
from publishing.domain.errors import (
    ChecksIncompleteError,
    OwnSubmissionError,
    SubmissionNotFoundError,
    SubmissionNotReviewableError,
)
from publishing.domain.plugins import Plugin
from publishing.domain.submissions import REVIEWABLE, DecisionVerdict, ReasonCode, Submission
from publishing.domain.verdicts import Verdict, unfinished_checks
from publishing.storage.decisions import find_latest_decision, insert_decision
from publishing.storage.plugins import find_plugin
from publishing.storage.steps import record_step
from publishing.storage.submissions import get_submission, lock_submission, set_status
from publishing.storage.verdicts import map_verdicts
from publishing.usecases.failpoints import Failpoints
from publishing.usecases.submission_view import SubmissionView, load_view


class DecideSubmission:
    """Records decisions.

    Parameters
    ----------
    database
        Of this service.
    retention_seconds
        How long a rejected submission's files are kept.
    failpoints
        For tests.
    """

    def __init__(self, *, database: Database, retention_seconds: float, failpoints: Failpoints) -> None:
        self._database = database
        self._retention_seconds = retention_seconds
        self._failpoints = failpoints

    async def __call__(
        self,
        *,
        reviewer: IdentityClaims,
        submission_id: UUID,
        verdict: DecisionVerdict,
        reason_code: ReasonCode | None,
        text: str | None,
    ) -> SubmissionView:
        """Approve or reject; the same decision again by the same reviewer changes nothing, so a retry is safe.

        Raises
        ------
        SubmissionNotFoundError
            There is none.
        OwnSubmissionError
            It is the reviewer's own, or their organisation's.
        SubmissionNotReviewableError
            It is decided already, or not checked yet.
        ChecksIncompleteError
            Approval, and a required check has not come to an end.
        RequestInvalidError
            Approval of held findings without a text that says why.
        """
        async with self._database.transaction() as connection:
            await hold_account(connection, reviewer.sub)
            submission = await lock_submission(connection, submission_id)
            if submission is None:
                raise SubmissionNotFoundError(f"no submission has the id {submission_id}")
            plugin = await find_plugin(connection, submission.plugin_id)
            if plugin is None or reviewer.sub == submission.submitter_id or _is_own(plugin, reviewer):
                raise OwnSubmissionError("nobody decides on a version of their own plugin")
            accepted: tuple[str, ...] = ()
            if submission.status in REVIEWABLE:
                if verdict == "approve":
                    accepted = _accepted_checks(submission, await map_verdicts(connection, submission_id), text)
                await insert_decision(
                    connection, submission_id=submission_id, reviewer_id=reviewer.sub, reviewer_name=reviewer.name,
                    verdict=verdict, reason_code=reason_code, text=text, accepted_checks=accepted,
                )  # fmt: skip
                await set_status(
                    connection,
                    submission_id=submission_id,
                    status="approved" if verdict == "approve" else "rejected",
                    work_in_seconds=0 if verdict == "approve" else self._retention_seconds,
                )
                await record_step(
                    connection, submission_id=submission_id, name="reviewed",
                    status="done" if verdict == "approve" else "failed", detail=text,
                )  # fmt: skip
            else:
                former = await find_latest_decision(connection, submission_id)
                mine = (reviewer.sub, verdict, reason_code, text)
                if former is None or mine != (former.reviewer_id, former.verdict, former.reason_code, former.text):
                    raise SubmissionNotReviewableError(f"the submission is {submission.status}")
            decided = await get_submission(connection, submission_id)
        self._failpoints.reach("decided")
        return await load_view(self._database, decided)


def _is_own(plugin: Plugin, reviewer: IdentityClaims) -> bool:
    return plugin.owner.relation(reviewer) is not Ownership.FOREIGN


def _accepted_checks(submission: Submission, verdicts: Mapping[str, Verdict], text: str | None) -> tuple[str, ...]:
    """Name the checks whose findings an approval accepts."""
    unfinished = unfinished_checks(verdicts, content_sha256=submission.content_sha256)
    if unfinished:
        raise ChecksIncompleteError(f"these checks have not come to an end: {', '.join(unfinished)}")
    held = tuple(sorted(check for check, verdict in verdicts.items() if verdict.status == "hold"))
    if held and not text:
        detail = f"say why the findings of {', '.join(held)} are acceptable"
        raise RequestInvalidError(
            "a submission with held findings is approved with a text only",
            errors=[FieldError(pointer="/text", code="missing", detail=detail)],
        )
    return held
