"""Routes under ``/review``, for reviewers."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from chassis.app import API_PREFIX
from chassis.authorisation import permit
from chassis.errors import CursorInvalidError
from chassis.strict_body import StrictRoute
from contracts.identity import IdentityClaims
from publishing.api.dependencies import (
    DEFAULT_LIMIT,
    LINK,
    Cursor,
    Limit,
    SubmissionId,
    Use,
    never_cached,
    next_page,
    read_position,
)
from publishing.api.plugin_schemas import SubmissionSummary
from publishing.api.submission_schemas import NewDecision, QueueBody, ReviewBody, SubmissionBody

router = APIRouter(
    prefix=API_PREFIX + "/review", route_class=StrictRoute, tags=["review"], dependencies=[Depends(never_cached)]
)

_LISTING = "review/queue"

Reviewer = Annotated[IdentityClaims, Depends(permit("submission.review"))]


@router.get(
    "/queue",
    summary="List what waits for a decision",
    description="Submissions that are `awaiting_review` or `held`, oldest first.",
    responses={200: {"headers": LINK}},
)
async def list_review_queue(
    request: Request, response: Response, _: Reviewer, use: Use, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> QueueBody:
    position = read_position(_LISTING, cursor)
    try:
        after = None if position is None else (position[0], UUID(position[1]))
    except ValueError as error:
        raise CursorInvalidError("the cursor does not belong to this listing") from error
    page = await use.list_review_queue(after=after, limit=limit)
    last = page.submissions[-1] if page.has_more else None
    following = [last.created_at.isoformat(), str(last.id)] if last is not None else None
    next_cursor = next_page(request, response, listing=_LISTING, position=following, limit=limit)
    items = [SubmissionSummary.of(submission) for submission in page.submissions]
    return QueueBody(items=items, next_cursor=next_cursor, total=page.total)


@router.get(
    "/submissions/{submission_id}",
    summary="Read a submission for review",
    description="With the manifest, the plugin's listing, sizes, checksums and every verdict.",
)
async def get_review(_: Reviewer, use: Use, submission_id: SubmissionId) -> ReviewBody:
    return ReviewBody.with_plugin(await use.get_review(submission_id))


@router.get(
    "/submissions/{submission_id}/bundle",
    summary="Download a submission's bundle",
    description="As an attachment, never to be run in a browser from here.",
    response_class=Response,
    responses={200: {"content": {"text/javascript": {"schema": {"type": "string"}}}}},
)
async def get_submission_bundle(_: Reviewer, use: Use, submission_id: SubmissionId) -> Response:
    download = await use.locate_bundle(submission_id)
    headers = {
        "x-accel-redirect": download.url,
        "cache-control": "private, no-store",
        "content-disposition": 'attachment; filename="bundle.js"',
        "x-content-type-options": "nosniff",
        "x-checksum-sha256": download.file.sha256,
    }
    return Response(headers=headers, media_type="text/javascript")


@router.post(
    "/submissions/{submission_id}/decision",
    summary="Decide on a submission",
    description="Approve, or reject with a reason code and a text. Approving a submission with held findings needs a"
    " text that says why they are acceptable. Nobody decides on their own plugin. Refused with `own_submission`,"
    " `checks_incomplete`, `submission_not_reviewable`.",
)
async def decide_submission(
    reviewer: Annotated[IdentityClaims, Depends(permit("submission.decide"))],
    use: Use,
    submission_id: SubmissionId,
    body: NewDecision,
) -> SubmissionBody:
    view = await use.decide_submission(
        reviewer=reviewer,
        submission_id=submission_id,
        verdict=body.verdict,
        reason_code=body.reason_code,
        text=body.text,
    )
    return SubmissionBody.of(view)
