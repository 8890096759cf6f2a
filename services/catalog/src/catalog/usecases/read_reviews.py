"""Read what users say of a plugin."""

from uuid import UUID

from catalog.domain.errors import ReviewNotFoundError
from catalog.domain.reviews import Review, ReviewPage, ReviewPosition
from catalog.storage.plugin_reads import check_plugin_listed
from catalog.storage.reviews import find_review, get_ratings, read_reviews
from chassis.db import Database


class ListReviews:
    """Lists a plugin's reviews, newest first."""

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def list(self, plugin_id: str, *, before: ReviewPosition | None, limit: int) -> ReviewPage:
        """Give up to `limit` reviews after a position (None: the newest), with the ratings of all.

        Raises
        ------
        PluginNotFoundError, PluginSuspendedError
            Nobody may see the plugin.
        """
        async with self._database.read() as connection:
            ratings = await get_ratings(connection, plugin_id)
            found = await read_reviews(connection, plugin_id, before=before, limit=limit + 1)
        has_more = len(found) > limit
        return ReviewPage(
            reviews=found[:limit], ratings=ratings, next_position=found[limit - 1].position if has_more else None
        )


class ReadOwnReview:
    """Reads the caller's review of a plugin."""

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def read(self, plugin_id: str, user_id: UUID) -> Review:
        """Give the review.

        Raises
        ------
        PluginNotFoundError, PluginSuspendedError
            Nobody may see the plugin.
        ReviewNotFoundError
            The user has not reviewed it.
        """
        async with self._database.read() as connection:
            await check_plugin_listed(connection, plugin_id)
            review = await find_review(connection, plugin_id=plugin_id, user_id=user_id)
        if review is None:
            raise ReviewNotFoundError(f"you have not reviewed {plugin_id!r}")
        return review
