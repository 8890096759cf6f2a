"""What routes ask of the application: use cases by name, limits, page positions, headers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import Depends, Header, Path, Query, Request, Response

from chassis.conditional import parse_if_match
from chassis.cursors import decode_cursor, encode_cursor
from chassis.errors import CursorInvalidError
from contracts.slugs import PLUGIN_ID_MAX_LENGTH, is_plugin_id
from contracts.versions import InvalidVersionError, parse_version
from publishing.api.upload import UploadLimits
from publishing.domain.errors import PluginNotFoundError, SubmissionNotFoundError, VersionInvalidError
from publishing.usecases.decide_submission import DecideSubmission
from publishing.usecases.exchange_assertion import ExchangeAssertion
from publishing.usecases.export_held import ExportHeld
from publishing.usecases.moderate_plugin import RestorePlugin, SuspendPlugin
from publishing.usecases.publishers import Publishers
from publishing.usecases.read_plugins import GetOwnPlugin, ListOwnPlugins
from publishing.usecases.read_submission import GetOwnSubmission
from publishing.usecases.register_plugin import RegisterPlugin
from publishing.usecases.review import GetReview, ListReviewQueue, LocateBundle
from publishing.usecases.submit_version import SubmitVersion
from publishing.usecases.transfer_plugin import AnswerTransfer, OfferPlugin
from publishing.usecases.update_plugin import UpdatePlugin
from publishing.usecases.withdraw_version import WithdrawVersion

DEFAULT_LIMIT = 20
MAX_LIMIT = 100

ETAG: dict[str, Any] = {"ETag": {"description": "The plugin's revision", "schema": {"type": "string"}}}
LINK: dict[str, Any] = {
    "Link": {"description": 'Address of the next page, rel="next"; none on the last', "schema": {"type": "string"}}
}
"""Headers in the API document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCases:
    """Everything that routes can do; the application's state holds it as ``use_cases``."""

    register_plugin: RegisterPlugin
    update_plugin: UpdatePlugin
    offer_plugin: OfferPlugin
    answer_transfer: AnswerTransfer
    list_own_plugins: ListOwnPlugins
    get_own_plugin: GetOwnPlugin
    submit_version: SubmitVersion
    withdraw_version: WithdrawVersion
    get_own_submission: GetOwnSubmission
    list_review_queue: ListReviewQueue
    get_review: GetReview
    locate_bundle: LocateBundle
    decide_submission: DecideSubmission
    suspend_plugin: SuspendPlugin
    restore_plugin: RestorePlugin
    publishers: Publishers
    exchange_assertion: ExchangeAssertion
    export_held: ExportHeld
    upload_limits: UploadLimits


async def get_use_cases(request: Request) -> UseCases:
    """Give the use cases of the running application."""
    return cast("UseCases", request.app.state.use_cases)


async def never_cached(response: Response) -> None:
    """Mark the answer as one person's: no cache keeps it."""
    response.headers["cache-control"] = "private, no-store"


async def _plugin_id(plugin_id: Annotated[str, Path(description="The plugin's slug", examples=["chart-js"])]) -> str:
    if not is_plugin_id(plugin_id):
        raise PluginNotFoundError(f"no plugin has the id {plugin_id[:PLUGIN_ID_MAX_LENGTH]!r}")
    return plugin_id


async def _submission_id(submission_id: Annotated[str, Path(description="The submission's id (UUID)")]) -> UUID:
    try:
        return UUID(submission_id)
    except ValueError as error:
        raise SubmissionNotFoundError(f"no submission has the id {submission_id[:40]!r}") from error


async def _version(version: Annotated[str, Path(description="Semantic version", examples=["1.2.3"])]) -> str:
    try:
        parse_version(version)
    except InvalidVersionError as error:
        raise VersionInvalidError(str(error)) from error
    return version


async def _permitted_revisions(
    if_match: Annotated[str | None, Header(description="ETag that was read; 412 where it is another now")] = None,
) -> frozenset[int] | None:
    return parse_if_match(if_match)


def etag(revision: int) -> str:
    """Write a revision as an entity tag."""
    return f'"{revision}"'


def read_position(listing: str, cursor: str | None) -> tuple[datetime, str] | None:
    """Read a cursor whose position is a creation time and an id.

    Raises
    ------
    CursorInvalidError
        It is not one of this listing.
    """
    if cursor is None:
        return None
    created_at, item_id = decode_cursor(listing, cursor, length=2)
    try:
        moment = datetime.fromisoformat(created_at)
    except (TypeError, ValueError) as error:
        raise CursorInvalidError("the cursor does not belong to this listing") from error
    if moment.tzinfo is None or not isinstance(item_id, str):
        raise CursorInvalidError("the cursor does not belong to this listing")
    return moment, item_id


def next_page(
    request: Request, response: Response, *, listing: str, position: Sequence[Any] | None, limit: int
) -> str | None:
    """Give the cursor of the next page and name its address in ``Link``; None on the last page."""
    if position is None:
        return None
    cursor = encode_cursor(listing, position)
    response.headers["link"] = f'<{request.url.path}?cursor={cursor}&limit={limit}>; rel="next"'
    return cursor


Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Items on a page")]
Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before")]
PluginId = Annotated[str, Depends(_plugin_id)]
SubmissionId = Annotated[UUID, Depends(_submission_id)]
VersionText = Annotated[str, Depends(_version)]
PermittedRevisions = Annotated[frozenset[int] | None, Depends(_permitted_revisions)]
Use = Annotated[UseCases, Depends(get_use_cases)]
