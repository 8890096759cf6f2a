"""Reviewers read what waits for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.db import Database
from publishing.clients.submission_files import SubmissionFiles
from publishing.domain.errors import BundleGoneError, SubmissionNotFoundError
from publishing.domain.plugins import Plugin
from publishing.domain.submissions import ReceivedFile, Submission
from publishing.domain.verdicts import BUNDLE_FILE
from publishing.storage.plugins import find_plugin
from publishing.storage.submissions import count_queue, find_submission, list_queue
from publishing.usecases.submission_view import SubmissionView, load_view


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePage:
    """One page of the queue; `has_more` says whether another follows, `total` counts all."""

    submissions: Sequence[Submission]
    has_more: bool
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A submission and the plugin it is of."""

    plugin: Plugin
    view: SubmissionView


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """Where the gateway fetches a file, and what it is."""

    url: str
    file: ReceivedFile


class ListReviewQueue:
    """Lists what waits for a decision.

    Parameters
    ----------
    database
        Of this service.
    """

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def __call__(self, *, after: tuple[datetime, UUID] | None, limit: int) -> QueuePage:
        """Give one page, oldest first, after a position (creation time and id)."""
        async with self._database.read() as connection:
            found = await list_queue(connection, after=after, limit=limit + 1)
            total = await count_queue(connection)
        return QueuePage(submissions=found[:limit], has_more=len(found) > limit, total=total)


class GetReview:
    """Reads a submission for a reviewer.

    Parameters
    ----------
    database
        Of this service.
    """

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def __call__(self, submission_id: UUID) -> Review:
        """Give the submission with its plugin.

        Raises
        ------
        SubmissionNotFoundError
            There is none.
        """
        async with self._database.read() as connection:
            submission = await find_submission(connection, submission_id)
            plugin = await find_plugin(connection, submission.plugin_id) if submission is not None else None
        if submission is None or plugin is None:
            raise SubmissionNotFoundError(f"no submission has the id {submission_id}")
        return Review(plugin=plugin, view=await load_view(self._database, submission))


class LocateBundle:
    """Says where the bundle of a submission lies now.

    Parameters
    ----------
    database
        Of this service.
    files
        The buckets.
    """

    def __init__(self, *, database: Database, files: SubmissionFiles) -> None:
        self._database = database
        self._files = files

    async def __call__(self, submission_id: UUID) -> Download:
        """Give an address of the bundle, for the gateway only.

        Raises
        ------
        SubmissionNotFoundError
            There is no such submission.
        BundleGoneError
            Its files were cleared.
        """
        async with self._database.read() as connection:
            submission = await find_submission(connection, submission_id)
        if submission is None:
            raise SubmissionNotFoundError(f"no submission has the id {submission_id}")
        if submission.cleared_at is not None and submission.status != "published":
            raise BundleGoneError(f"the files of the submission {submission_id} were removed")
        url = self._files.download_url(submission, BUNDLE_FILE)
        return Download(url=url, file=submission.content.bundle)
