"""Facts about plugins and their versions; key: the plugin's id, one order for both."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.envelope import EventData
from contracts.events.fields import (
    Bytes,
    Category,
    Changelog,
    Description,
    License,
    Manifest,
    ObjectKey,
    PersonName,
    PluginId,
    PluginName,
    Reason,
    Sha256,
    Tag,
    VersionNumber,
    WebAddress,
)
from contracts.topics import PLUGINS

PluginStatus = Literal["draft", "published", "suspended"]


class Author(BaseModel):
    """The developer or organisation that owns a plugin, as everybody may see them."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    name: PersonName


class PluginState(BaseModel):
    """The whole public state of a plugin after the event, so that a consumer needs no other source."""

    model_config = ConfigDict(frozen=True)

    plugin_id: PluginId
    name: PluginName
    description: Description
    author: Author
    category: Category
    tags: tuple[Tag, ...] = ()
    icon_url: WebAddress | None = None
    homepage: WebAddress | None = None
    repository: WebAddress | None = None
    license: License | None = None
    status: PluginStatus
    created_at: datetime
    updated_at: datetime


class StoredFile(BaseModel):
    """A file in the bundle bucket: its key, its length in bytes and its SHA-256 in lower-case hex."""

    model_config = ConfigDict(frozen=True)

    object_key: ObjectKey
    size_bytes: Bytes
    sha256: Sha256


class VersionState(BaseModel):
    """A published version; it never changes."""

    model_config = ConfigDict(frozen=True)

    version: VersionNumber
    changelog: Changelog
    minimum_platform_version: VersionNumber
    manifest: Manifest
    bundle: StoredFile
    source_map: StoredFile | None = None
    published_at: datetime


class PluginChanged(EventData):
    """Base of the facts that change a plugin and not its versions."""

    topic: ClassVar[str] = PLUGINS.name

    plugin: PluginState


class PluginRegistered(PluginChanged):
    """A developer took the id; the plugin is a draft."""

    event_type: ClassVar[str] = "plugin.registered.v1"


class PluginUpdated(PluginChanged):
    """What the listing says changed: by its owner, or because it has another owner now."""

    event_type: ClassVar[str] = "plugin.updated.v1"


class PluginSuspended(PluginChanged):
    """An administrator took the plugin out of the marketplace."""

    event_type: ClassVar[str] = "plugin.suspended.v1"

    reason: Reason


class PluginRestored(PluginChanged):
    """An administrator put the plugin back."""

    event_type: ClassVar[str] = "plugin.restored.v1"


class PluginVersionPublished(PluginChanged):
    """A version passed every check and the review, and its bytes are in place."""

    event_type: ClassVar[str] = "plugin-version.published.v1"

    version: VersionState
