"""The tables of the schema ``catalog``. No table names its schema: the role's search path decides."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Sequence,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from chassis.erasures import erased_table
from chassis.inbox import inbox_table
from chassis.outbox import outbox_table

METADATA = MetaData()

# Ids sort by bytes ("C"), as Python sorts them: all who lock several plugins do so in one and the same order.

LISTED = "status = 'published' AND latest_version IS NOT NULL"
"""SQL condition on a row of `PLUGINS`: everybody may see it. The partial indexes state it in these words."""

PLUGINS = Table(
    "plugins",
    METADATA,
    Column("id", Text(collation="C"), primary_key=True),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("author_id", Uuid, nullable=False),
    Column("author_name", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("tags", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("icon_url", Text, nullable=True),
    Column("homepage", Text, nullable=True),
    Column("repository", Text, nullable=True),
    Column("license", Text, nullable=True),
    Column("status", Text, nullable=False, comment="draft, published or suspended"),
    Column("latest_version", Text, nullable=True, comment="highest release, else highest pre-release; null: none yet"),
    Column("published_at", DateTime(timezone=True), nullable=True, comment="when the first version was published"),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("source_sequence", BigInteger, nullable=False, comment="last event of plugins.v1 whose state is here"),
    Column("document_sequence", BigInteger, nullable=False, server_default=text("0"), comment="never restarts"),
    Column("document_emitted_at", DateTime(timezone=True), nullable=True),
    Column("counts_dirty_at", DateTime(timezone=True), nullable=True, comment="ratings changed since the document"),
    Column("install_count", BigInteger, nullable=False, server_default=text("0"), comment="as of the last document"),
    Column("rating_sum", BigInteger, nullable=False, server_default=text("0")),
    Column("rating_count", BigInteger, nullable=False, server_default=text("0")),
    Column(
        "rating_histogram",
        ARRAY(BigInteger),
        nullable=False,
        server_default=text("'{0,0,0,0,0}'"),
        comment="number of reviews with 1, 2, 3, 4, 5 stars",
    ),
    Column("review_sequence", BigInteger, nullable=False, server_default=text("0"), comment="of reviews.v1"),
    CheckConstraint("status IN ('draft', 'published', 'suspended')", name="plugins_status_check"),
)
Index("plugins_category_idx", PLUGINS.c.category, postgresql_where=text(LISTED))
Index("plugins_popular_idx", PLUGINS.c.install_count.desc(), PLUGINS.c.id, postgresql_where=text(LISTED))
Index("plugins_recent_idx", PLUGINS.c.updated_at.desc(), PLUGINS.c.id, postgresql_where=text(LISTED))
Index("plugins_counts_dirty_idx", PLUGINS.c.counts_dirty_at, postgresql_where=text("counts_dirty_at IS NOT NULL"))

VERSIONS = Table(
    "versions",
    METADATA,
    Column("plugin_id", Text(collation="C"), ForeignKey("plugins.id"), primary_key=True),
    Column("version", Text, primary_key=True),
    Column("version_key", Text(collation="C"), nullable=False, comment="byte order is the precedence of versions"),
    Column("prerelease", Boolean, nullable=False),
    Column("manifest", JSONB, nullable=False),
    Column("changelog", Text, nullable=False),
    Column("minimum_platform_version", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False, comment="lower-case hex"),
    Column("object_key", Text, nullable=False, comment="in the bundle bucket"),
    Column("source_map_size_bytes", BigInteger, nullable=True),
    Column("source_map_sha256", Text, nullable=True),
    Column("source_map_object_key", Text, nullable=True),
    Column("published_at", DateTime(timezone=True), nullable=False),
)
Index("versions_order_idx", VERSIONS.c.plugin_id, VERSIONS.c.version_key.desc(), unique=True)

INSTALL_COUNTS = Table(
    "install_counts",
    METADATA,
    # No foreign key: an install may be counted before the plugin's own event arrives here.
    Column("plugin_id", Text(collation="C"), primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("dirty_at", DateTime(timezone=True), nullable=True, comment="changed since it was copied to plugins"),
)
Index("install_counts_dirty_idx", INSTALL_COUNTS.c.dirty_at, postgresql_where=text("dirty_at IS NOT NULL"))

REVIEWS = Table(
    "reviews",
    METADATA,
    Column("plugin_id", Text(collation="C"), ForeignKey("plugins.id"), primary_key=True),
    Column("user_id", Uuid, primary_key=True),
    Column("user_name", Text, nullable=False),
    Column("rating", SmallInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("revision", BigInteger, nullable=False, comment="the plugin's review_sequence of the last change"),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("rating BETWEEN 1 AND 5", name="reviews_rating_check"),
)
Index("reviews_user_idx", REVIEWS.c.user_id, REVIEWS.c.plugin_id)
Index("reviews_newest_idx", REVIEWS.c.plugin_id, REVIEWS.c.created_at.desc(), REVIEWS.c.user_id.desc())

CHANGES_POSITION = Sequence("changes_position_seq", metadata=METADATA, data_type=BigInteger)
"""Positions of the change feed, drawn by whoever holds its lock, so that their order is that of commits."""

CHANGES = Table(
    "changes",
    METADATA,
    Column("event_id", Uuid, primary_key=True, comment="ce_id on Kafka"),
    Column("position", BigInteger, nullable=True, unique=True, comment="null: waits until its plugin is public"),
    Column("type", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("key", Text(collation="C"), nullable=False, comment="plugin id"),
    Column("sequence", BigInteger, nullable=False),
    Column("time", DateTime(timezone=True), nullable=False),
    Column("data", JSONB(none_as_null=True), nullable=True, comment="null: a removal, or withdrawn by its author"),
    Column("size_bytes", Integer, nullable=False, comment="of data, so that a page can be bounded unread"),
    Column("figures_only", Boolean, nullable=False, comment="a document in which only counts are new"),
    Column("added_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
)
Index("changes_content_idx", CHANGES.c.position, postgresql_where=text("NOT figures_only"))
Index("changes_key_idx", CHANGES.c.key, CHANGES.c.type)
Index("changes_added_idx", CHANGES.c.added_at)

CHANGE_KEYS = Table(
    "change_keys",
    METADATA,
    Column("key", Text(collation="C"), primary_key=True, comment="plugin id"),
    Column("is_listed", Boolean, nullable=False, comment="its newest document is no removal"),
    Column("is_suspended", Boolean, nullable=False, comment="by its newest event of plugins.v1"),
    Column("document_sequence", BigInteger, nullable=False, comment="of the newest document or removal"),
    Column("content_sequence", BigInteger, nullable=False, comment="the same, passing over figures_only"),
    Column("plugin_sequence", BigInteger, nullable=False, comment="of the newest event of plugins.v1"),
)

CHANGE_HORIZON = Table(
    "change_horizon",
    METADATA,
    Column("id", Boolean, primary_key=True, server_default=text("true"), comment="there is one row at most"),
    Column("position", BigInteger, nullable=False, comment="up to here changes were dropped that nothing replaces"),
    CheckConstraint("id", name="change_horizon_id_check"),
)

ERASED_ACCOUNTS = erased_table(METADATA)
OUTBOX = outbox_table(METADATA)
INBOX = inbox_table(METADATA)
