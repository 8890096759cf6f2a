"""A developer reads a submission of theirs."""

from uuid import UUID

from chassis.db import Database
from contracts.identity import IdentityClaims
from publishing.domain.errors import SubmissionNotFoundError
from publishing.storage.plugins import find_plugin
from publishing.storage.submissions import find_submission
from publishing.usecases.ownership import owned
from publishing.usecases.submission_view import SubmissionView, load_view


class GetOwnSubmission:
    """Reads submissions for their developer.

    Parameters
    ----------
    database
        Of this service.
    """

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def __call__(self, *, caller: IdentityClaims, submission_id: UUID) -> SubmissionView:
        """Give the submission.

        Raises
        ------
        SubmissionNotFoundError
            There is none.
        NotOwnerError
            It is of another developer's plugin.
        """
        async with self._database.read() as connection:
            submission = await find_submission(connection, submission_id)
            if submission is None:
                raise SubmissionNotFoundError(f"no submission has the id {submission_id}")
            plugin = await find_plugin(connection, submission.plugin_id)
        owned(plugin, plugin_id=submission.plugin_id, caller=caller, operation="submission.read")
        return await load_view(self._database, submission)
