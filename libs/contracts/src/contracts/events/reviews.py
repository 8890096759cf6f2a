"""Facts about reviews; key: the plugin's id."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from contracts.envelope import EventData
from contracts.events.fields import PluginId, ReviewText, Stars
from contracts.topics import REVIEWS


class ReviewPosted(EventData):
    """A user rated a plugin, or changed their rating (`rating` 1 to 5)."""

    event_type: ClassVar[str] = "review.posted.v1"
    topic: ClassVar[str] = REVIEWS.name

    plugin_id: PluginId
    user_id: UUID
    rating: Stars
    text: ReviewText
    posted_at: datetime


class ReviewRemoved(EventData):
    """A review is gone."""

    event_type: ClassVar[str] = "review.removed.v1"
    topic: ClassVar[str] = REVIEWS.name

    plugin_id: PluginId
    user_id: UUID
    removed_at: datetime
