"""A review goes, and the plugin's figures follow."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.domain.reviews import Review
from catalog.storage.reviews import ReviewedPlugin, delete_review, save_ratings
from chassis.outbox import append_event
from contracts.events.reviews import ReviewRemoved


async def remove_review(
    connection: AsyncConnection, review: Review, *, plugin: ReviewedPlugin, removed_at: datetime
) -> None:
    """Remove a review of a locked plugin and state it."""
    plugin_id, sequence = review.plugin_id, plugin.sequence + 1
    await delete_review(connection, plugin_id=plugin_id, user_id=review.user_id)
    ratings = plugin.ratings.replaced(before=review.rating, after=None)
    await save_ratings(connection, plugin_id=plugin_id, ratings=ratings, sequence=sequence)
    event = ReviewRemoved(plugin_id=plugin_id, user_id=review.user_id, removed_at=removed_at)
    await append_event(connection, data=event, key=plugin_id, sequence=sequence)
