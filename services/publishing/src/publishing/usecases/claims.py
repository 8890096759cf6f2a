"""Workers take submissions, keep them, and give them back."""

from collections.abc import Sequence

from chassis.db import Database
from publishing.domain.submissions import Claim, SubmissionStatus
from publishing.storage.leases import claim_submission, extend_lease, postpone_claim
from publishing.usecases.failpoints import Failpoints


class ClaimSubmission:
    """Takes the next submission.

    Parameters
    ----------
    database
        Of this service.
    lease_seconds
        How long it is kept without being extended.
    failpoints
        For tests.
    """

    def __init__(self, *, database: Database, lease_seconds: float, failpoints: Failpoints) -> None:
        self._database = database
        self._lease_seconds = lease_seconds
        self._failpoints = failpoints

    async def __call__(self, statuses: Sequence[SubmissionStatus]) -> Claim | None:
        """Take the submission that waits longest in one of the states; None where none is due."""
        async with self._database.transaction() as connection:
            claim = await claim_submission(connection, statuses=statuses, lease_seconds=self._lease_seconds)
        if claim is not None:
            self._failpoints.reach("claimed")
        return claim


class ExtendClaim:
    """Keeps a submission longer.

    Parameters
    ----------
    database
        Of this service.
    lease_seconds
        From now.
    """

    def __init__(self, *, database: Database, lease_seconds: float) -> None:
        self._database = database
        self._lease_seconds = lease_seconds

    async def __call__(self, claim: Claim) -> bool:
        """Extend the lease; False where the submission is no longer this worker's."""
        async with self._database.transaction() as connection:
            return await extend_lease(connection, claim, lease_seconds=self._lease_seconds)


class PostponeClaim:
    """Gives a submission back after a failure that may pass.

    Parameters
    ----------
    database
        Of this service.
    """

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def __call__(self, claim: Claim) -> None:
        """Have it tried again later, in the state it is in."""
        async with self._database.transaction() as connection:
            await postpone_claim(connection, claim, status=claim.status)
