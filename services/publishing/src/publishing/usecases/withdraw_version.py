"""A developer takes back a version that was never published."""

from chassis.db import Database
from contracts.identity import IdentityClaims
from publishing.domain.errors import VersionNotFoundError, VersionPublishedError
from publishing.domain.submissions import WITHDRAWABLE
from publishing.storage.plugins import find_plugin
from publishing.storage.steps import record_step
from publishing.storage.submissions import lock_latest_submission, set_status
from publishing.usecases.ownership import owned


class WithdrawVersion:
    """Withdraws versions.

    Parameters
    ----------
    database
        Of this service.
    """

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def __call__(self, *, caller: IdentityClaims, plugin_id: str, version: str) -> None:
        """Withdraw the version's submission and have its files removed; a retry is safe.

        Of a rejected or refused submission the files are removed before their time; its state stays.

        Raises
        ------
        PluginNotFoundError, NotOwnerError
            See `owned`.
        VersionNotFoundError
            It was never sent.
        VersionPublishedError
            It is published, or approved and on its way.
        """
        async with self._database.transaction() as connection:
            plugin = await find_plugin(connection, plugin_id)
            owned(plugin, plugin_id=plugin_id, caller=caller, operation="version.withdraw")
            submission = await lock_latest_submission(connection, plugin_id=plugin_id, version=version)
            if submission is None:
                raise VersionNotFoundError(f"the plugin {plugin_id!r} has no version {version}")
            if submission.status in {"approved", "published"}:
                raise VersionPublishedError(f"the version {version} of {plugin_id!r} is {submission.status}")
            if submission.cleared_at is not None:
                return
            if submission.status in WITHDRAWABLE:
                await set_status(connection, submission_id=submission.id, status="withdrawn", work_in_seconds=0)
                await record_step(connection, submission_id=submission.id, name="cleared", status="waiting")
            else:
                await set_status(connection, submission_id=submission.id, status=submission.status, work_in_seconds=0)
