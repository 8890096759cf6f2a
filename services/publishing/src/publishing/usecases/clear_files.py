"""Files leave quarantine: those of closed submissions, and those that no submission ever took."""

import structlog

from chassis.db import Database
from publishing.clients.submission_files import SubmissionFiles
from publishing.domain.errors import LeaseLostError
from publishing.domain.submissions import Claim
from publishing.storage.leases import mark_cleared
from publishing.storage.staged_uploads import list_abandoned, unstage_upload
from publishing.storage.steps import record_step
from publishing.usecases.failpoints import Failpoints

ABANDONED_SECONDS = 3600.0
"""An upload ends within minutes; after an hour its process is gone."""

_BATCH = 100

_log = structlog.get_logger()


class ClearFiles:
    """Clears a closed submission.

    Parameters
    ----------
    database
        Of this service.
    files
        Quarantine.
    failpoints
        For tests.
    """

    def __init__(self, *, database: Database, files: SubmissionFiles, failpoints: Failpoints) -> None:
        self._database = database
        self._files = files
        self._failpoints = failpoints

    async def __call__(self, claim: Claim) -> None:
        """Remove the files and note it; may be repeated at any point.

        Raises
        ------
        LeaseLostError
            Somebody else has it now.
        """
        await self._files.clear(claim.submission_id)
        self._failpoints.reach("files-cleared")
        async with self._database.transaction() as connection:
            if not await mark_cleared(connection, claim):
                raise LeaseLostError(str(claim.submission_id))
            await record_step(connection, submission_id=claim.submission_id, name="cleared", status="done")
        self._failpoints.reach("cleared")


class SweepUploads:
    """Removes files of uploads whose process died before there was a submission.

    Parameters
    ----------
    database
        Of this service.
    files
        Quarantine.
    """

    def __init__(self, *, database: Database, files: SubmissionFiles) -> None:
        self._database = database
        self._files = files

    async def __call__(self, *, older_than_seconds: float = ABANDONED_SECONDS) -> int:
        """Remove them; gives how many uploads. A file that a submission explains is never touched."""
        async with self._database.read() as connection:
            abandoned = await list_abandoned(connection, older_than_seconds=older_than_seconds, limit=_BATCH)
        for submission_id in abandoned:
            # The row goes first: an upload that still runs finds it gone and gives up before it records anything.
            async with self._database.transaction() as connection:
                if not await unstage_upload(connection, submission_id):
                    continue
                await self._files.clear(submission_id)
            _log.info("upload_swept", submission_id=str(submission_id))
        return len(abandoned)
