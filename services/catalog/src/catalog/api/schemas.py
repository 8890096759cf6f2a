"""The shapes of the API, for its document and for reading bodies."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from catalog.domain.review_text import MAX_REVIEW_LENGTH, ReviewTextError, clean_review_text


class Author(BaseModel):
    """The developer who publishes a plugin."""

    id: UUID
    name: str


class Rating(BaseModel):
    """Mean number of stars, not rounded, 0 while there are no reviews; and number of reviews."""

    average: float
    count: int


class PluginSummary(BaseModel):
    """A plugin in a list."""

    id: str
    name: str
    description: str
    author: Author
    category: str
    tags: list[str]
    icon_url: str | None
    latest_version: str = Field(description="Highest release by semantic precedence, else highest pre-release.")
    rating: Rating
    install_count: int
    published_at: datetime = Field(description="When its first version was published.")
    updated_at: datetime


class VersionSummary(BaseModel):
    """A published version, without its manifest."""

    plugin_id: str
    version: str
    changelog: str
    minimum_platform_version: str
    file_size_bytes: int
    sha256: str = Field(description="Of the bundle, in lower-case hex.")
    published_at: datetime
    has_source_map: bool
    source_map_size_bytes: int | None
    source_map_sha256: str | None
    bundle_url: str = Field(description="Path below this server.")
    source_map_url: str | None = Field(description="Path below this server.")


class VersionDetail(VersionSummary):
    """A published version; it never changes."""

    manifest: dict[str, Any]


class PluginDetail(PluginSummary):
    """A plugin with its latest version."""

    homepage: str | None
    repository: str | None
    license: str | None
    status: str
    latest: VersionDetail


class VersionPage(BaseModel):
    """Versions, newest first by semantic precedence."""

    items: list[VersionSummary]
    next_cursor: str | None
    total: int


class CategoryItem(BaseModel):
    """A category with its number of listed plugins."""

    id: str
    name: str
    description: str
    plugin_count: int


class CategoryList(BaseModel):
    """All categories, by id."""

    items: list[CategoryItem]


class Reviewer(BaseModel):
    """Who wrote a review, as they were called then."""

    id: UUID
    name: str


class Review(BaseModel):
    """One user's review of one plugin; `text` is plain text."""

    plugin_id: str
    user: Reviewer
    rating: int
    text: str
    created_at: datetime
    updated_at: datetime


class RatingSummary(Rating):
    """All ratings of a plugin."""

    histogram: dict[str, int] = Field(
        description="Stars, '1' to '5', to number of reviews.", examples=[{"1": 0, "2": 1, "3": 4, "4": 10, "5": 25}]
    )


class ReviewPage(BaseModel):
    """Reviews, newest first, with the ratings of all."""

    items: list[Review]
    next_cursor: str | None
    total: int
    rating: RatingSummary


def _review_text(text: str) -> str:
    try:
        return clean_review_text(text)
    except ReviewTextError as error:
        raise PydanticCustomError(error.code, "{sentence}", {"sentence": str(error)}) from error  # type: ignore[arg-type,unused-ignore]  # codes are our own literals


class ReviewBody(BaseModel):
    """What a user says of a plugin."""

    model_config = ConfigDict(extra="forbid")

    rating: int = Field(ge=1, le=5, strict=True, description="Stars.")
    text: Annotated[str, AfterValidator(_review_text)] = Field(
        min_length=1,
        max_length=MAX_REVIEW_LENGTH,
        description="Plain text without control characters but line feeds and tabs; outer blanks are dropped.",
    )
