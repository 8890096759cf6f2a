"""Reviews, and the figures of a plugin that follow from them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.domain.ratings import Ratings
from catalog.domain.reviews import Review, ReviewPosition
from catalog.storage.listed_rows import listed

_COLUMNS = "plugin_id, user_id, user_name, rating, text, revision, created_at, updated_at"

_LOCK = text(
    "SELECT status, latest_version, author_id, rating_histogram, review_sequence FROM plugins WHERE id = :id"
    " FOR NO KEY UPDATE"
)
_FIND = text(f"SELECT {_COLUMNS} FROM reviews WHERE plugin_id = :plugin_id AND user_id = :user_id")  # noqa: S608 - constants
_SAVE = text(
    "INSERT INTO reviews (plugin_id, user_id, user_name, rating, text, revision, created_at, updated_at)"
    " VALUES (:plugin_id, :user_id, :user_name, :rating, :text, :revision, :created_at, :updated_at)"
    " ON CONFLICT (plugin_id, user_id) DO UPDATE SET user_name = excluded.user_name, rating = excluded.rating,"
    " text = excluded.text, revision = excluded.revision, updated_at = excluded.updated_at"
)
_DELETE = text("DELETE FROM reviews WHERE plugin_id = :plugin_id AND user_id = :user_id")
_SAVE_RATINGS = text(
    "UPDATE plugins SET rating_histogram = :histogram, rating_sum = :sum, rating_count = :count,"
    " review_sequence = :sequence, counts_dirty_at = coalesce(counts_dirty_at, clock_timestamp()) WHERE id = :id"
)
_PAGE = text(
    f"SELECT {_COLUMNS} FROM reviews WHERE plugin_id = :plugin_id"  # noqa: S608 - constants
    " AND (CAST(:before_at AS timestamptz) IS NULL OR (created_at, user_id) < (:before_at, CAST(:before_user AS uuid)))"
    " ORDER BY created_at DESC, user_id DESC LIMIT :limit"
)
_OF_USER = text(
    "SELECT plugin_id FROM reviews WHERE user_id = :user_id AND plugin_id > :after ORDER BY plugin_id LIMIT :limit"
)
_EXPORT = text(
    "SELECT plugin_id, to_jsonb(r) - 'user_id' AS item FROM reviews r WHERE user_id = :user_id AND plugin_id > :after"
    " ORDER BY plugin_id LIMIT :limit"
)
_RATINGS = text("SELECT status, latest_version, rating_histogram FROM plugins WHERE id = :id")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedPlugin:
    """What a review's writer needs of a locked plugin; `sequence` is that of its last review event."""

    author_id: UUID
    ratings: Ratings
    sequence: int


async def lock_reviewed_plugin(connection: AsyncConnection, plugin_id: str) -> ReviewedPlugin:
    """Lock a listed plugin's row until the transaction ends.

    Raises
    ------
    PluginNotFoundError, PluginSuspendedError
        As `catalog.storage.listed_rows.listed`.
    """
    return _reviewed(listed((await connection.execute(_LOCK, {"id": plugin_id})).one_or_none(), plugin_id))


async def lock_any_reviewed_plugin(connection: AsyncConnection, plugin_id: str) -> ReviewedPlugin:
    """As `lock_reviewed_plugin`, of a plugin that is known to have reviews, whoever may see it."""
    return _reviewed((await connection.execute(_LOCK, {"id": plugin_id})).one())


async def reviewed_by(connection: AsyncConnection, user_id: UUID, *, after: str, limit: int) -> Sequence[str]:
    """List ids of plugins that a user has reviewed, by id, above `after`."""
    values = {"user_id": user_id, "after": after, "limit": limit}
    return list((await connection.execute(_OF_USER, values)).scalars())


async def export_reviews(
    connection: AsyncConnection, user_id: UUID, *, after: str, limit: int
) -> Sequence[dict[str, Any]]:
    """Read all that is kept of a user's reviews, by plugin id, above `after`."""
    rows = await connection.execute(_EXPORT, {"user_id": user_id, "after": after, "limit": limit})
    return [{"kind": "review", **row.item} for row in rows]


async def find_review(connection: AsyncConnection, *, plugin_id: str, user_id: UUID) -> Review | None:
    """Give a user's review, if there is one."""
    row = (await connection.execute(_FIND, {"plugin_id": plugin_id, "user_id": user_id})).one_or_none()
    return _review(row) if row is not None else None


async def save_review(connection: AsyncConnection, review: Review) -> None:
    """Create or replace a user's review of a locked plugin."""
    await connection.execute(_SAVE, asdict(review))


async def delete_review(connection: AsyncConnection, *, plugin_id: str, user_id: UUID) -> None:
    """Delete a user's review of a locked plugin."""
    await connection.execute(_DELETE, {"plugin_id": plugin_id, "user_id": user_id})


async def save_ratings(connection: AsyncConnection, *, plugin_id: str, ratings: Ratings, sequence: int) -> None:
    """Store the figures of a locked plugin and mark them for its next document."""
    await connection.execute(
        _SAVE_RATINGS,
        {
            "id": plugin_id,
            "histogram": list(ratings.histogram),
            "sum": ratings.sum,
            "count": ratings.count,
            "sequence": sequence,
        },
    )


async def get_ratings(connection: AsyncConnection, plugin_id: str) -> Ratings:
    """Give the ratings of a listed plugin.

    Raises
    ------
    PluginNotFoundError, PluginSuspendedError
        As `catalog.storage.listed_rows.listed`.
    """
    row = listed((await connection.execute(_RATINGS, {"id": plugin_id})).one_or_none(), plugin_id)
    return Ratings.of(row.rating_histogram)


async def read_reviews(
    connection: AsyncConnection, plugin_id: str, *, before: ReviewPosition | None, limit: int
) -> Sequence[Review]:
    """Give up to `limit` reviews, newest first, after a position."""
    rows = await connection.execute(
        _PAGE,
        {
            "plugin_id": plugin_id,
            "before_at": before.created_at if before else None,
            "before_user": before.user_id if before else None,
            "limit": limit,
        },
    )
    return [_review(row) for row in rows]


def _review(row: Row[Any]) -> Review:
    return Review(
        plugin_id=row.plugin_id,
        user_id=row.user_id,
        user_name=row.user_name,
        rating=row.rating,
        text=row.text,
        revision=row.revision,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _reviewed(row: Row[Any]) -> ReviewedPlugin:
    return ReviewedPlugin(
        author_id=row.author_id, ratings=Ratings.of(row.rating_histogram), sequence=row.review_sequence
    )
