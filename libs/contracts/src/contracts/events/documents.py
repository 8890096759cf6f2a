"""The public document of a plugin: a compacted topic, key: the plugin's id, null value when it is gone."""

from datetime import datetime
from typing import ClassVar, Literal

from contracts.envelope import EventData
from contracts.events.fields import (
    AverageStars,
    Category,
    Count,
    Description,
    PluginId,
    PluginName,
    Tag,
    VersionNumber,
    WebAddress,
)
from contracts.events.plugins import Author
from contracts.topics import PLUGIN_DOCUMENTS


class PluginDocument(EventData):
    """All that search and listings need of one public plugin.

    `change` tells caches how far the news reaches: ``content`` changes lists, ``counts`` only figures. `rating_average`
    is 0 while `rating_count` is 0.
    """

    event_type: ClassVar[str] = "plugin-document.v1"
    topic: ClassVar[str] = PLUGIN_DOCUMENTS.name

    plugin_id: PluginId
    name: PluginName
    description: Description
    author: Author
    category: Category
    tags: tuple[Tag, ...] = ()
    icon_url: WebAddress | None = None
    latest_version: VersionNumber
    install_count: Count
    rating_average: AverageStars
    rating_count: Count
    published_at: datetime
    updated_at: datetime
    change: Literal["content", "counts"] = "content"


class PluginDocumentRemoved(EventData):
    """The plugin is public no longer: the record's value is null, its key says which plugin."""

    event_type: ClassVar[str] = "plugin-document.removed.v1"
    topic: ClassVar[str] = PLUGIN_DOCUMENTS.name
    is_tombstone: ClassVar[bool] = True
