"""A user's opinion of a plugin."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from catalog.domain.ratings import Ratings


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One user's review of one plugin.

    `rating` is 1 to 5 stars; `revision` grows with each change and is never used twice for the plugin.
    """

    plugin_id: str
    user_id: UUID
    user_name: str
    rating: int
    text: str
    revision: int
    created_at: datetime
    updated_at: datetime

    @property
    def position(self) -> "ReviewPosition":
        """Where it stands in the listing."""
        return ReviewPosition(created_at=self.created_at, user_id=self.user_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPosition:
    """A place in the listing of a plugin's reviews, newest first; an edit does not move a review."""

    created_at: datetime
    user_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPage:
    """Reviews, newest first, with the ratings of all; `next_position` is None at the end."""

    reviews: Sequence[Review]
    ratings: Ratings
    next_position: ReviewPosition | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What a user says: 1 to 5 stars and a text that passed `catalog.domain.review_text`."""

    rating: int
    text: str
