"""The read model: plugins, versions, install counts, reviews, outbox and inbox."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "c0001"
down_revision = None
branch_labels = None
depends_on = None

_LISTED = sa.text("status = 'published' AND latest_version IS NOT NULL")


def upgrade() -> None:
    _create_plugins()
    _create_versions()
    _create_install_counts()
    _create_reviews()
    _create_outbox_and_inbox()


def _create_plugins() -> None:
    op.create_table(
        "plugins",
        sa.Column("id", sa.Text(collation="C"), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("author_id", sa.Uuid, nullable=False),
        sa.Column("author_name", sa.Text, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("tags", ARRAY(sa.Text), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("icon_url", sa.Text),
        sa.Column("homepage", sa.Text),
        sa.Column("repository", sa.Text),
        sa.Column("license", sa.Text),
        sa.Column("status", sa.Text, nullable=False, comment="draft, published or suspended"),
        sa.Column(
            "latest_version", sa.Text, comment="highest release, else highest pre-release; null: none yet"
        ),
        sa.Column("published_at", sa.DateTime(timezone=True), comment="when the first version was published"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "source_sequence", sa.BigInteger, nullable=False, comment="last event of plugins.v1 whose state is here"
        ),
        sa.Column(
            "document_sequence", sa.BigInteger, nullable=False, server_default=sa.text("0"), comment="never restarts"
        ),
        sa.Column("document_emitted_at", sa.DateTime(timezone=True)),
        sa.Column(
            "counts_dirty_at", sa.DateTime(timezone=True), comment="ratings changed since the document"
        ),
        sa.Column(
            "install_count", sa.BigInteger, nullable=False, server_default=sa.text("0"),
            comment="as of the last document",
        ),
        sa.Column("rating_sum", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("rating_count", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.Column(
            "rating_histogram", ARRAY(sa.BigInteger), nullable=False, server_default=sa.text("'{0,0,0,0,0}'"),
            comment="number of reviews with 1, 2, 3, 4, 5 stars",
        ),
        sa.Column(
            "review_sequence", sa.BigInteger, nullable=False, server_default=sa.text("0"), comment="of reviews.v1"
        ),
        sa.CheckConstraint("status IN ('draft', 'published', 'suspended')", name="plugins_status_check"),
    )  # fmt: skip
    op.create_index("plugins_category_idx", "plugins", ["category"], postgresql_where=_LISTED)
    op.create_index("plugins_popular_idx", "plugins", [sa.text("install_count DESC"), "id"], postgresql_where=_LISTED)
    op.create_index("plugins_recent_idx", "plugins", [sa.text("updated_at DESC"), "id"], postgresql_where=_LISTED)
    op.create_index(
        "plugins_counts_dirty_idx", "plugins", ["counts_dirty_at"],
        postgresql_where=sa.text("counts_dirty_at IS NOT NULL"),
    )  # fmt: skip


def _create_versions() -> None:
    op.create_table(
        "versions",
        sa.Column("plugin_id", sa.Text(collation="C"), sa.ForeignKey("plugins.id"), primary_key=True),
        sa.Column("version", sa.Text, primary_key=True),
        sa.Column(
            "version_key", sa.Text(collation="C"), nullable=False, comment="byte order is the precedence of versions"
        ),
        sa.Column("prerelease", sa.Boolean, nullable=False),
        sa.Column("manifest", JSONB, nullable=False),
        sa.Column("changelog", sa.Text, nullable=False),
        sa.Column("minimum_platform_version", sa.Text, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False, comment="lower-case hex"),
        sa.Column("object_key", sa.Text, nullable=False, comment="in the bundle bucket"),
        sa.Column("source_map_size_bytes", sa.BigInteger),
        sa.Column("source_map_sha256", sa.Text),
        sa.Column("source_map_object_key", sa.Text),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("versions_order_idx", "versions", ["plugin_id", sa.text("version_key DESC")], unique=True)


def _create_install_counts() -> None:
    op.create_table(
        "install_counts",
        sa.Column("plugin_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("dirty_at", sa.DateTime(timezone=True), comment="changed since it was copied to plugins"),
    )
    op.create_index(
        "install_counts_dirty_idx", "install_counts", ["dirty_at"], postgresql_where=sa.text("dirty_at IS NOT NULL")
    )


def _create_reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("plugin_id", sa.Text(collation="C"), sa.ForeignKey("plugins.id"), primary_key=True),
        sa.Column("user_id", sa.Uuid, primary_key=True),
        sa.Column("user_name", sa.Text, nullable=False),
        sa.Column("rating", sa.SmallInteger, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False, comment="the plugin's review_sequence of the last change"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name="reviews_rating_check"),
    )
    op.create_index("reviews_newest_idx", "reviews", ["plugin_id", sa.text("created_at DESC"), sa.text("user_id DESC")])


def _create_outbox_and_inbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("position", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("id", sa.Uuid, nullable=False, server_default=sa.func.gen_random_uuid()),
        sa.Column("aggregatetype", sa.Text, nullable=False, comment="topic without the deployment's prefix"),
        sa.Column("aggregateid", sa.Text, nullable=False, comment="record key: the ordering aggregate"),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("payload", JSONB, comment="null is a tombstone"),
        sa.Column("sequence", sa.BigInteger, nullable=False, comment="the aggregate's number of this event"),
        sa.Column("traceparent", sa.Text),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.clock_timestamp()),
    )
    op.create_table(
        "inbox",
        sa.Column("consumer", sa.Text, primary_key=True),
        sa.Column("event_id", sa.Uuid, primary_key=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.clock_timestamp()),
    )
    op.create_index("ix_inbox_received_at", "inbox", ["received_at"])
