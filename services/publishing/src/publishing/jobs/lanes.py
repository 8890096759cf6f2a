"""The loop of a worker: take a submission, work on it while keeping its lease, take the next."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog
from prometheus_client import Counter, Histogram

from chassis.process import Heartbeat
from chassis.telemetry import begin_trace
from publishing.domain.errors import LeaseLostError
from publishing.domain.submissions import Claim, SubmissionStatus
from publishing.usecases.claims import ClaimSubmission, ExtendClaim, PostponeClaim

BUSY_SECONDS = 0.01
"""Pause after work; it doubles up to the lane's idle pause while there is none."""

WORK_SECONDS = Histogram(
    "submission_work_seconds", "Seconds of work on a submission", ("lane",), buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 5, 30)
)
WORK_FAILURES = Counter("submission_work_failures_total", "Attempts that failed and are tried again", ("lane",))

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One kind of work.

    Parameters
    ----------
    name
        For logs and metrics.
    statuses
        Which submissions it takes.
    process
        Does the work; may be repeated at any point.
    idle_seconds
        Longest pause between two looks.
    """

    name: str
    statuses: Sequence[SubmissionStatus]
    process: Callable[[Claim], Awaitable[None]]
    idle_seconds: float


class LaneRunner:
    """Runs lanes, each on its own, so that slow checks never hold up a release.

    Parameters
    ----------
    claim, extend, postpone
        How submissions are taken, kept and given back.
    lease_seconds
        Life of a lease; it is extended three times in that.
    """

    def __init__(
        self, *, claim: ClaimSubmission, extend: ExtendClaim, postpone: PostponeClaim, lease_seconds: float
    ) -> None:
        self._claim = claim
        self._extend = extend
        self._postpone = postpone
        self._lease_seconds = lease_seconds

    async def run(self, lane: Lane, heartbeat: Heartbeat) -> None:
        """Work until cancelled; raises when the database is lost, after which it may be called again."""
        pause = BUSY_SECONDS
        while True:
            heartbeat.beat()
            claim = await self._claim(lane.statuses)
            if claim is None:
                await asyncio.sleep(pause)
                pause = min(pause * 2, lane.idle_seconds)
                continue
            pause = BUSY_SECONDS
            await self._work(lane, claim, heartbeat)

    async def _work(self, lane: Lane, claim: Claim, heartbeat: Heartbeat) -> None:
        begin_trace(claim.traceparent)
        with WORK_SECONDS.labels(lane.name).time():
            try:
                await self._keep_while(lane.process(claim), claim, heartbeat)
            except LeaseLostError:
                _log.info("lease_lost", lane=lane.name, submission_id=str(claim.submission_id))
            except Exception as error:  # noqa: BLE001 - whatever failed, the submission is tried again later
                WORK_FAILURES.labels(lane.name).inc()
                submission_id = str(claim.submission_id)
                _log.warning("work_failed", lane=lane.name, submission_id=submission_id, error=repr(error)[:500])
                await self._postpone(claim)

    async def _keep_while(self, work: Awaitable[None], claim: Claim, heartbeat: Heartbeat) -> None:
        """Await the work, extending the lease; end it when the submission is no longer ours."""
        task = asyncio.ensure_future(work)
        try:
            while True:
                done, _ = await asyncio.wait({task}, timeout=self._lease_seconds / 3)
                heartbeat.beat()
                if done:
                    await task
                    return
                if not await self._extend(claim):
                    raise LeaseLostError(str(claim.submission_id))
        finally:
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
