"""A developer sends a version: received into quarantine, recorded, handed to the checks."""

from uuid import UUID, uuid4

import structlog

from chassis.db import Database
from chassis.erasures import hold_account
from chassis.errors import PlatformError, ServiceUnavailableError
from chassis.telemetry import current_traceparent
from contracts.identity import IdentityClaims
from publishing.clients.submission_files import SubmissionFiles
from publishing.domain.errors import PluginSuspendedError, VersionExistsError
from publishing.domain.plugins import Plugin
from publishing.domain.submissions import Submission
from publishing.domain.verdicts import MANIFEST_CHECK, Verdict
from publishing.storage.plugins import find_plugin, lock_plugin
from publishing.storage.staged_uploads import stage_upload, unstage_upload
from publishing.storage.steps import record_step
from publishing.storage.submissions import (
    find_current_submission,
    get_submission,
    insert_submission,
    work_now,
)
from publishing.storage.verdicts import record_verdict
from publishing.usecases.failpoints import Failpoints
from publishing.usecases.ownership import owned
from publishing.usecases.submission_view import SubmissionView, load_view
from publishing.usecases.uploads import ReceiveUpload, Upload

MANIFEST_CHECK_VERSION = "1"

_log = structlog.get_logger()


class SubmitVersion:
    """Receives submissions.

    The object store lies between two transactions: the first announces the files, the second records the submission;
    what the first announced and the second never took is swept.

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

    async def __call__(self, *, submitter: IdentityClaims, plugin_id: str, receive: ReceiveUpload) -> SubmissionView:
        """Receive a version; the same content again gives the same submission, so a retry is safe.

        Parameters
        ----------
        receive
            Reads the body; called only after the caller's right is clear.

        Raises
        ------
        PluginNotFoundError, NotOwnerError, PluginSuspendedError
            The caller may not send versions of it.
        VersionExistsError
            The number is held by other content, published or not.
        """
        async with self._database.read() as connection:
            _may_submit(await find_plugin(connection, plugin_id), plugin_id=plugin_id, caller=submitter)
        upload = await receive()
        submission_id = uuid4()
        async with self._database.transaction() as connection:
            current = await find_current_submission(connection, plugin_id=plugin_id, version=upload.version)
            if current is not None:
                _may_resume(current, upload)
                await work_now(connection, current.id)
            else:
                await stage_upload(connection, submission_id)
        if current is not None:
            return await load_view(self._database, current)
        self._failpoints.reach("staged")
        try:
            submission = await self._store(submission_id, submitter=submitter, plugin_id=plugin_id, upload=upload)
        except PlatformError:
            await self._discard(submission_id)
            raise
        if submission.id != submission_id:
            await self._discard(submission_id)
        self._failpoints.reach("received")
        return await load_view(self._database, submission)

    async def _store(
        self, submission_id: UUID, *, submitter: IdentityClaims, plugin_id: str, upload: Upload
    ) -> Submission:
        """Store the files and record the submission, or give the one of the same content that came first."""
        for name, file in upload.files().items():
            await self._files.store(submission_id, name, file)
        self._failpoints.reach("stored")
        async with self._database.transaction() as connection:
            await hold_account(connection, submitter.sub)
            plugin = await lock_plugin(connection, plugin_id)
            _may_submit(plugin, plugin_id=plugin_id, caller=submitter)
            current = await find_current_submission(connection, plugin_id=plugin_id, version=upload.version)
            if current is not None:
                _may_resume(current, upload)
                return current
            if not await unstage_upload(connection, submission_id):
                raise ServiceUnavailableError("this upload took so long that its files were swept; the platform")
            await insert_submission(
                connection,
                submission_id=submission_id,
                plugin_id=plugin_id,
                version=upload.version,
                submitter_id=submitter.sub,
                submitter_name=submitter.name,
                content=upload.content,
                traceparent=current_traceparent(),
            )
            await record_step(connection, submission_id=submission_id, name="received", status="done")
            verdict = Verdict(
                check=MANIFEST_CHECK,
                status="pass",  # an upload exists only when its manifest was found valid
                check_version=MANIFEST_CHECK_VERSION,
                input_sha256=upload.content.sha256(),
            )
            await record_verdict(connection, submission_id=submission_id, verdict=verdict)
            return await get_submission(connection, submission_id)

    async def _discard(self, submission_id: UUID) -> None:
        """Remove files that no submission took; what fails here is swept later."""
        try:
            await self._files.clear(submission_id)
            async with self._database.transaction() as connection:
                await unstage_upload(connection, submission_id)
        except PlatformError as error:
            _log.warning("discard_left_to_sweeper", submission_id=str(submission_id), reason=error.detail)


def _may_submit(found: Plugin | None, *, plugin_id: str, caller: IdentityClaims) -> None:
    plugin = owned(found, plugin_id=plugin_id, caller=caller, operation="version.submit")
    if plugin.status == "suspended":
        raise PluginSuspendedError(f"the plugin {plugin_id!r} is suspended: {plugin.suspended_reason}")


def _may_resume(current: Submission, upload: Upload) -> None:
    version = current.version
    if current.content_sha256 == upload.content.sha256():
        return  # whatever became of it meanwhile: the first answer may have been lost on its way
    if current.status == "published":
        raise VersionExistsError(f"the version {version} of {current.plugin_id!r} is published with other content")
    if current.status == "approved":
        raise VersionExistsError(
            f"the version {version} of {current.plugin_id!r} is approved and about to be published"
        )
    raise VersionExistsError(
        f"another submission of {current.plugin_id!r} {version}, with other content, is {current.status}",
        remedy=f"Withdraw it with DELETE /api/v1/developer/plugins/{current.plugin_id}/versions/{version} and send"
        " yours again, or raise the version in the manifest.",
    )
