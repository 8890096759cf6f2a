"""A worker releases an approved submission: bytes into the bundle bucket, then one transaction makes it public."""

import structlog

from chassis.db import Database
from chassis.outbox import append_event
from contracts.events.plugins import PluginVersionPublished, StoredFile
from publishing.clients.submission_files import SubmissionFiles
from publishing.domain.errors import FileChangedError, FileMissingError, ForeignObjectError, LeaseLostError
from publishing.domain.submissions import Claim, Submission
from publishing.domain.verdicts import BUNDLE_FILE, SOURCE_MAP_FILE
from publishing.storage.leases import finish_claim
from publishing.storage.plugins import lock_plugin, mark_published
from publishing.storage.release_gate import obstacles_of
from publishing.storage.releases import insert_release, is_released
from publishing.storage.steps import record_step
from publishing.storage.submissions import get_submission
from publishing.usecases.failpoints import Failpoints

_log = structlog.get_logger()


class ReleaseSubmission:
    """Releases submissions.

    Parameters
    ----------
    database
        Of this service.
    files
        Both buckets.
    retention_seconds
        How long a refused submission's files are kept.
    failpoints
        For tests.
    """

    def __init__(
        self, *, database: Database, files: SubmissionFiles, retention_seconds: float, failpoints: Failpoints
    ) -> None:
        self._database = database
        self._files = files
        self._retention_seconds = retention_seconds
        self._failpoints = failpoints

    async def __call__(self, claim: Claim) -> None:
        """Promote the bytes that were checked and publish the version; may be repeated at any point.

        Raises
        ------
        LeaseLostError
            Somebody else has it now; nothing was written to the database.
        """
        async with self._database.read() as connection:
            submission = await get_submission(connection, claim.submission_id)
            obstacles = await obstacles_of(connection, submission)
        if obstacles:
            await self._send_back(claim, obstacles)
            return
        try:
            stored = await self._promote(submission)
        except (FileMissingError, FileChangedError, ForeignObjectError) as error:
            await self._refuse(claim, submission, detail=str(error))
            return
        self._failpoints.reach("promoted")
        await self._publish(claim, submission, stored)
        self._failpoints.reach("published")

    async def _promote(self, submission: Submission) -> dict[str, StoredFile]:
        stored = {}
        for name in submission.content.files():
            with await self._files.fetch(submission, name) as file:
                stored[name] = await self._files.publish(submission, name, file)
            self._failpoints.reach("bundle-promoted")
        return stored

    async def _publish(self, claim: Claim, submission: Submission, stored: dict[str, StoredFile]) -> None:
        async with self._database.transaction() as connection:
            await lock_plugin(connection, submission.plugin_id)
            if not await finish_claim(connection, claim, status="published", work_in_seconds=0):
                raise LeaseLostError(str(submission.id))
            # Asked again under the lock: this transaction is the one that makes the version public.
            if await obstacles_of(connection, submission):
                raise LeaseLostError(f"{submission.id}: its verdicts changed")
            release = await insert_release(
                connection, submission=submission, bundle=stored[BUNDLE_FILE], source_map=stored.get(SOURCE_MAP_FILE)
            )
            plugin = await mark_published(connection, submission.plugin_id)
            event = PluginVersionPublished(plugin=plugin.state(), version=release.state())
            await append_event(connection, data=event, key=plugin.id, sequence=plugin.sequence)
            await record_step(connection, submission_id=submission.id, name="promoted", status="done")
            await record_step(connection, submission_id=submission.id, name="published", status="done")
        _log.info("version_published", plugin_id=plugin.id, version=release.version)

    async def _send_back(self, claim: Claim, obstacles: list[str]) -> None:
        """Have the checks run again, and a reviewer decide again."""
        detail = "; ".join(obstacles)
        async with self._database.transaction() as connection:
            if not await finish_claim(connection, claim, status="held", work_in_seconds=0):
                raise LeaseLostError(str(claim.submission_id))
            await record_step(
                connection, submission_id=claim.submission_id, name="promoted", status="waiting", detail=detail
            )
        _log.error("release_held", submission_id=str(claim.submission_id), obstacles=detail)

    async def _refuse(self, claim: Claim, submission: Submission, *, detail: str) -> None:
        async with self._database.transaction() as connection:
            wait = self._retention_seconds
            if not await finish_claim(connection, claim, status="refused", work_in_seconds=wait):
                raise LeaseLostError(str(claim.submission_id))
            await record_step(
                connection, submission_id=claim.submission_id, name="promoted", status="failed", detail=detail
            )
            # Inside the transaction: until it ends nobody else can send, let alone release, the same version.
            if not await is_released(connection, plugin_id=submission.plugin_id, version=submission.version):
                await self._files.unpublish(submission)
        _log.error("release_refused", submission_id=str(claim.submission_id), detail=detail)
