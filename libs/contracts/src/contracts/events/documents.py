"""The public document of a plugin: a compacted topic, key: the plugin's id, null value when it is gone."""

from datetime import datetime
from typing import ClassVar, Literal

from contracts.envelope import EventData
from contracts.events.plugins import Author
from contracts.topics import PLUGIN_DOCUMENTS


class PluginDocument(EventData):
    """All that search and listings need of one public plugin.

    `change` tells caches how far the news reaches: ``content`` changes lists, ``counts`` only figures. `rating_average`
    is 0 while `rating_count` is 0.
    """

    event_type: ClassVar[str] = "plugin-document.v1"
    topic: ClassVar[str] = PLUGIN_DOCUMENTS.name

    plugin_id: str
    name: str
    description: str
    author: Author
    category: str
    tags: tuple[str, ...] = ()
    icon_url: str | None = None
    latest_version: str
    install_count: int
    rating_average: float
    rating_count: int
    published_at: datetime
    updated_at: datetime
    change: Literal["content", "counts"] = "content"


class PluginDocumentRemoved(EventData):
    """Marks the tombstone's `event_type`; its record has a null value."""

    event_type: ClassVar[str] = "plugin-document.removed.v1"
    topic: ClassVar[str] = PLUGIN_DOCUMENTS.name

    plugin_id: str
