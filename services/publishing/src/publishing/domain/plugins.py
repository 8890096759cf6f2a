"""A plugin as its developer and the platform know it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.events.plugins import Author, PluginState, PluginStatus
from publishing.domain.owners import Owner, OwnerKind

LISTING_FIELDS = (
    "name",
    "description",
    "category",
    "tags",
    "icon_url",
    "homepage",
    "repository",
    "license",
)
"""What the owner may change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """One plugin.

    Parameters
    ----------
    id
        The slug.
    owner_id, owner_kind, author_name
        The developer or organisation; an account's name is that under which it registered, got or last changed the
        plugin, an organisation's follows its renames.
    status
        ``draft`` until the first version is published.
    suspended_reason
        What the administrator wrote; None unless suspended.
    sequence
        Number of the plugin's newest event.
    revision
        Raised by every change; the ETag.
    """

    id: str
    name: str
    description: str
    owner_id: UUID
    owner_kind: OwnerKind
    author_name: str
    category: str
    tags: tuple[str, ...]
    icon_url: str | None
    homepage: str | None
    repository: str | None
    license: str | None
    status: PluginStatus
    suspended_reason: str | None
    sequence: int
    revision: int
    created_at: datetime
    updated_at: datetime

    @property
    def owner(self) -> Owner:
        """Whose it is."""
        return Owner(self.owner_kind, self.owner_id)

    def state(self) -> PluginState:
        """Give the plugin as its events carry it."""
        return PluginState(
            plugin_id=self.id,
            name=self.name,
            description=self.description,
            author=Author(id=self.owner_id, name=self.author_name),
            category=self.category,
            tags=self.tags,
            icon_url=self.icon_url,
            homepage=self.homepage,
            repository=self.repository,
            license=self.license,
            status=self.status,
            created_at=self.created_at,
            updated_at=self.updated_at,
        )
