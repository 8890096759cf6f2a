"""A worker has a submission checked."""

from contextlib import ExitStack

import structlog

from chassis.db import Database
from publishing.clients.scanner import Scanner
from publishing.clients.submission_files import SubmissionFiles
from publishing.domain.errors import FileChangedError, FileMissingError, LeaseLostError
from publishing.domain.submissions import Claim, StepStatus, Submission, SubmissionStatus
from publishing.domain.verdicts import Verdict, VerdictStatus, outcome_of
from publishing.storage.leases import finish_claim, postpone_claim
from publishing.storage.steps import record_step
from publishing.storage.submissions import get_submission
from publishing.storage.verdicts import map_verdicts, record_verdict
from publishing.usecases.failpoints import Failpoints

_STEP: dict[VerdictStatus, tuple[StepStatus, str | None]] = {
    "pass": ("done", None),
    "hold": ("waiting", "a reviewer has to judge the findings"),
    "block": ("failed", "a check refuses the submission; see the verdicts"),
    "error": ("waiting", "a check did not come to an end; it is run again"),
}
_NEXT: dict[VerdictStatus, SubmissionStatus] = {
    "pass": "awaiting_review",
    "hold": "held",
    "block": "refused",
    "error": "held",
}

_log = structlog.get_logger()


class CheckSubmission:
    """Checks submissions.

    Parameters
    ----------
    database
        Of this service.
    files
        Quarantine.
    scanner
        Runs the checks in a process of their own.
    retention_seconds
        How long a refused submission's files are kept.
    failpoints
        For tests.
    """

    def __init__(
        self,
        *,
        database: Database,
        files: SubmissionFiles,
        scanner: Scanner,
        retention_seconds: float,
        failpoints: Failpoints,
    ) -> None:
        self._database = database
        self._files = files
        self._scanner = scanner
        self._retention_seconds = retention_seconds
        self._failpoints = failpoints

    async def __call__(self, claim: Claim) -> None:
        """Run every check and record what they say; may be repeated at any point.

        Raises
        ------
        LeaseLostError
            Somebody else has it now, or it was withdrawn; nothing was written.
        """
        async with self._database.read() as connection:
            submission = await get_submission(connection, claim.submission_id)
        try:
            verdicts = await self._scan(submission)
        except (FileMissingError, FileChangedError) as error:
            await self._refuse(claim, detail=str(error))
            return
        self._failpoints.reach("scanned")
        await self._record(claim, submission, verdicts)
        self._failpoints.reach("checked")

    async def _scan(self, submission: Submission) -> list[Verdict]:
        with ExitStack() as stack:
            files = {
                name: stack.enter_context(await self._files.fetch(submission, name))
                for name in submission.content.files()
            }
            return await self._scanner.scan(submission, files)

    async def _record(self, claim: Claim, submission: Submission, verdicts: list[Verdict]) -> None:
        async with self._database.transaction() as connection:
            for verdict in verdicts:
                await record_verdict(connection, submission_id=submission.id, verdict=verdict)
            all_verdicts = await map_verdicts(connection, submission.id)
            outcome = outcome_of(all_verdicts, content_sha256=submission.content_sha256)
            if outcome == "error":
                kept = await postpone_claim(connection, claim, status="held")
            else:
                wait = self._retention_seconds if outcome == "block" else None
                kept = await finish_claim(connection, claim, status=_NEXT[outcome], work_in_seconds=wait)
            if not kept:
                raise LeaseLostError(str(submission.id))
            status, detail = _STEP[outcome]
            await record_step(connection, submission_id=submission.id, name="checked", status=status, detail=detail)
        _log.info("submission_checked", submission_id=str(submission.id), outcome=outcome)

    async def _refuse(self, claim: Claim, *, detail: str) -> None:
        async with self._database.transaction() as connection:
            if not await finish_claim(connection, claim, status="refused", work_in_seconds=0):
                raise LeaseLostError(str(claim.submission_id))
            await record_step(
                connection, submission_id=claim.submission_id, name="checked", status="failed", detail=detail
            )
        _log.error("submission_files_lost", submission_id=str(claim.submission_id), detail=detail)
