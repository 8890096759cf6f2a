"""Post, change and remove a user's review; the plugin's figures follow in the same transaction."""

from uuid import UUID

from catalog.domain.errors import OwnPluginError, ReviewNotFoundError
from catalog.domain.reviews import Opinion, Review
from catalog.storage.review_removal import remove_review
from catalog.storage.reviews import find_review, lock_reviewed_plugin, save_ratings, save_review
from chassis.clock import Clock
from chassis.db import Database
from chassis.erasures import hold_account
from chassis.errors import RevisionMismatchError
from chassis.outbox import append_event
from contracts.events.reviews import ReviewPosted
from contracts.identity import IdentityClaims


class PostReview:
    """Writes the one review that a user has of a plugin."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def post(
        self, plugin_id: str, opinion: Opinion, *, user: IdentityClaims, permitted: frozenset[int] | None
    ) -> tuple[Review, bool]:
        """Create or replace the review. A repeat with the same opinion changes nothing.

        Parameters
        ----------
        permitted
            Revisions that may be replaced; None for any, or none.

        Returns
        -------
        tuple
            The review, and whether it is the user's first of this plugin.

        Raises
        ------
        PluginNotFoundError, PluginSuspendedError
            Nobody may see the plugin.
        OwnPluginError
            The user is its author, or a member of the organisation that is.
        RevisionMismatchError
            The review's revision is not among the permitted ones.
        UnauthenticatedError
            The account was deleted.
        """
        user_id = user.sub
        async with self._database.transaction() as connection:
            await hold_account(connection, user_id)
            # The row lock makes two writes of one user follow each other, so each sees what the other left.
            plugin = await lock_reviewed_plugin(connection, plugin_id)
            if plugin.author_id in {user_id, *(each.id for each in user.organisations)}:
                raise OwnPluginError(f"{plugin_id!r} is published by you")
            before = await find_review(connection, plugin_id=plugin_id, user_id=user_id)
            _check_revision(before, permitted)
            if before is not None and (before.rating, before.text) == (opinion.rating, opinion.text):
                return before, False
            now = self._clock.now()
            review = Review(
                plugin_id=plugin_id,
                user_id=user_id,
                user_name=user.name,
                rating=opinion.rating,
                text=opinion.text,
                revision=plugin.sequence + 1,
                created_at=before.created_at if before else now,
                updated_at=now,
            )
            await save_review(connection, review)
            ratings = plugin.ratings.replaced(before=before.rating if before else None, after=review.rating)
            await save_ratings(connection, plugin_id=plugin_id, ratings=ratings, sequence=review.revision)
            event = ReviewPosted(
                plugin_id=plugin_id, user_id=user_id, rating=review.rating, text=review.text, posted_at=now
            )
            await append_event(connection, data=event, key=plugin_id, sequence=review.revision)
        return review, before is None


class RemoveReview:
    """Removes a user's review of a plugin."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def remove(self, plugin_id: str, *, user_id: UUID, permitted: frozenset[int] | None) -> None:
        """Remove the review; after a lost answer a retry is refused with `ReviewNotFoundError` and changes nothing.

        Raises
        ------
        PluginNotFoundError, PluginSuspendedError
            Nobody may see the plugin.
        ReviewNotFoundError
            The user has not reviewed it.
        RevisionMismatchError
            The review's revision is not among the permitted ones.
        """
        async with self._database.transaction() as connection:
            plugin = await lock_reviewed_plugin(connection, plugin_id)
            before = await find_review(connection, plugin_id=plugin_id, user_id=user_id)
            if before is None:
                raise ReviewNotFoundError(f"you have not reviewed {plugin_id!r}")
            _check_revision(before, permitted)
            await remove_review(connection, before, plugin=plugin, removed_at=self._clock.now())


def _check_revision(review: Review | None, permitted: frozenset[int] | None) -> None:
    if permitted is not None and (review is None or review.revision not in permitted):
        raise RevisionMismatchError("the review is not in the state that If-Match names")
