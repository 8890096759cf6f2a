"""Bodies about plugins."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from contracts.categories import CATEGORIES
from contracts.slugs import PLUGIN_ID_MAX_LENGTH, PLUGIN_ID_MIN_LENGTH, PLUGIN_ID_PATTERN, is_plugin_id
from publishing.api.listing_text import Line, Lines, WebAddress
from publishing.domain.plugins import Plugin
from publishing.domain.releases import Release
from publishing.domain.submissions import Submission, SubmissionStatus
from publishing.usecases.read_plugins import PluginWithHistory

MAX_TAGS = 50

CategoryId = StrEnum("CategoryId", {category.id: category.id for category in CATEGORIES})  # type: ignore[misc]  # the one list is in contracts


def _free(plugin_id: str) -> str:
    if not is_plugin_id(plugin_id):
        raise ValueError("is a reserved word")
    return plugin_id


def _unique(tags: list[str]) -> list[str]:
    if len(set(tags)) != len(tags):
        raise ValueError("a tag stands twice")
    return tags


def _trimmed(text: str) -> str:
    if text != text.strip():
        raise ValueError("begins or ends with a blank")
    return text


NewPluginId = Annotated[
    str,
    StringConstraints(min_length=PLUGIN_ID_MIN_LENGTH, max_length=PLUGIN_ID_MAX_LENGTH, pattern=PLUGIN_ID_PATTERN),
    AfterValidator(_free),
]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100), Line, AfterValidator(_trimmed)]
Description = Annotated[str, StringConstraints(min_length=1, max_length=1000), Lines]
Tag = Annotated[str, StringConstraints(min_length=1, max_length=50), Line, AfterValidator(_trimmed)]
Tags = Annotated[list[Tag], Field(max_length=MAX_TAGS), AfterValidator(_unique)]
License = Annotated[str, StringConstraints(min_length=1, max_length=100), Line]


class NewPlugin(BaseModel):
    """A plugin to register."""

    model_config = ConfigDict(extra="forbid", use_enum_values=True)

    id: NewPluginId = Field(description="Slug; it stands in every address and never changes", examples=["chart-js"])
    name: Name
    description: Description
    category: CategoryId
    tags: Tags = Field(default_factory=list)
    icon_url: WebAddress | None = None
    homepage: WebAddress | None = None
    repository: WebAddress | None = None
    license: License | None = Field(default=None, description="SPDX expression")
    organisation_id: UUID | None = Field(
        default=None, description="Whose plugin it is to be, where you are owner or maintainer; else it is your own"
    )


_LEFT_OUT: Any = None
"""Default of a field that may be left out but cannot be null, neither here nor in the document."""


class PluginChanges(BaseModel):
    """What to change; what is left out stays. Null empties an optional field."""

    model_config = ConfigDict(extra="forbid", use_enum_values=True)

    name: Name = _LEFT_OUT
    description: Description = _LEFT_OUT
    category: CategoryId = _LEFT_OUT
    tags: Tags = _LEFT_OUT
    icon_url: WebAddress | None = None
    homepage: WebAddress | None = None
    repository: WebAddress | None = None
    license: License | None = None


class Suspension(BaseModel):
    """Why a plugin is suspended."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, StringConstraints(min_length=1, max_length=1000), Lines]


class DeveloperPlugin(BaseModel):
    """A plugin as its developer sees it."""

    id: str
    name: str
    description: str
    category: str
    tags: list[str]
    icon_url: str | None
    homepage: str | None
    repository: str | None
    license: str | None
    status: Literal["draft", "published", "suspended"]
    suspended_reason: str | None
    author_id: UUID = Field(description="Of the account or organisation that owns it")
    owner_kind: Literal["account", "organisation"]
    author_name: str
    revision: int = Field(description="Raised by every change; the ETag")
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, plugin: Plugin) -> Self:
        """Write a plugin."""
        return cls(
            id=plugin.id,
            name=plugin.name,
            description=plugin.description,
            category=plugin.category,
            tags=list(plugin.tags),
            icon_url=plugin.icon_url,
            homepage=plugin.homepage,
            repository=plugin.repository,
            license=plugin.license,
            status=plugin.status,
            suspended_reason=plugin.suspended_reason,
            author_id=plugin.owner_id,
            owner_kind=plugin.owner_kind,
            author_name=plugin.author_name,
            revision=plugin.revision,
            created_at=plugin.created_at,
            updated_at=plugin.updated_at,
        )


class DeveloperVersion(BaseModel):
    """A published version in its developer's list."""

    version: str
    file_size_bytes: int
    sha256: str
    submission_id: UUID
    published_at: datetime

    @classmethod
    def of(cls, release: Release) -> Self:
        """Write a release."""
        return cls(
            version=release.version,
            file_size_bytes=release.bundle.size_bytes,
            sha256=release.bundle.sha256,
            submission_id=release.submission_id,
            published_at=release.published_at,
        )


class SubmissionSummary(BaseModel):
    """A submission in a list."""

    id: UUID
    plugin_id: str
    version: str
    status: SubmissionStatus
    submitter_name: str
    file_size_bytes: int
    sha256: str
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, submission: Submission) -> Self:
        """Write a submission."""
        return cls(
            id=submission.id,
            plugin_id=submission.plugin_id,
            version=submission.version,
            status=submission.status,
            submitter_name=submission.submitter_name,
            file_size_bytes=submission.content.bundle.size_bytes,
            sha256=submission.content.bundle.sha256,
            created_at=submission.created_at,
            updated_at=submission.updated_at,
        )


class DeveloperPluginDetail(DeveloperPlugin):
    """A plugin with its history: the highest 100 versions and the newest 100 submissions."""

    versions: list[DeveloperVersion]
    submissions: list[SubmissionSummary]

    @classmethod
    def with_history(cls, found: PluginWithHistory) -> Self:
        """Write a plugin and its history."""
        return cls(
            **DeveloperPlugin.of(found.plugin).model_dump(),
            versions=[DeveloperVersion.of(release) for release in found.releases],
            submissions=[SubmissionSummary.of(submission) for submission in found.submissions],
        )


class DeveloperPluginPage(BaseModel):
    """A page of a developer's plugins, newest first."""

    items: list[DeveloperPlugin]
    next_cursor: str | None
    total: int
