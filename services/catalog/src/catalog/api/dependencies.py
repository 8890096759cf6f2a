"""What routes need: the use cases that `main` put on the application, and parameters that several share."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Path, Query, Request

from catalog.usecases.export_reviews import ExportReviews
from catalog.usecases.list_categories import ListCategories
from catalog.usecases.locate_file import LocateFile
from catalog.usecases.read_plugin import ReadPlugin
from catalog.usecases.read_reviews import ListReviews, ReadOwnReview
from catalog.usecases.read_versions import ListVersions, ReadVersion
from catalog.usecases.write_reviews import PostReview, RemoveReview
from chassis.conditional import parse_if_match


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCases:
    """Everything that the routes can do."""

    list_categories: ListCategories
    read_plugin: ReadPlugin
    list_versions: ListVersions
    read_version: ReadVersion
    locate_file: LocateFile
    list_reviews: ListReviews
    read_own_review: ReadOwnReview
    post_review: PostReview
    remove_review: RemoveReview
    export_reviews: ExportReviews


def use_cases(request: Request) -> UseCases:
    """Give the application's use cases."""
    found: UseCases = request.app.state.use_cases
    return found


async def _use_cases(request: Request) -> UseCases:
    return use_cases(request)


async def _permitted(
    if_match: Annotated[
        str | None, Header(description="ETag of the state that the change is meant for; 412 where it moved on.")
    ] = None,
) -> frozenset[int] | None:
    return parse_if_match(if_match)


Actions = Annotated[UseCases, Depends(_use_cases)]
PermittedRevisions = Annotated[frozenset[int] | None, Depends(_permitted)]
PluginId = Annotated[str, Path(description="The plugin's slug.", examples=["chart-js"])]
VersionText = Annotated[str, Path(description="Semantic version, or 'latest'.", examples=["1.2.3"])]
Limit = Annotated[int, Query(ge=1, le=100, description="Items on a page.")]
Cursor = Annotated[str | None, Query(description="'next_cursor' of the page before.")]

DEFAULT_LIMIT = 20
