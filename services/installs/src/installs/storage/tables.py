"""The tables of this schema. Private to storage and migrations."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    MetaData,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.outbox import outbox_table

METADATA = MetaData()

outbox_table(METADATA)


def _instant(name: str, *, has_default: bool = True, nullable: bool = False) -> Column[object]:
    default = func.clock_timestamp() if has_default else None
    return Column(name, DateTime(timezone=True), nullable=nullable, server_default=default)


INSTALLS = Table(
    "installs",
    METADATA,
    # The key serves the only hot query: the list of one owner.
    Column("owner_id", Uuid, primary_key=True),
    Column("plugin_id", Text, primary_key=True),
    Column("owner_kind", Text, CheckConstraint("owner_kind IN ('user', 'anonymous')"), nullable=False),
    Column("version", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("settings", JSONB, nullable=False),
    Column("revision", BigInteger, nullable=False, server_default=text("1"), comment="number of its last event"),
    _instant("installed_at"),
    _instant("updated_at"),
    Column(
        "removed_at",
        DateTime(timezone=True),
        nullable=True,
        comment="set while not installed: the row stays, so that revisions never restart",
    ),
)

ANONYMOUS_OWNERS = Table(
    "anonymous_owners",
    METADATA,
    Column("owner_id", Uuid, primary_key=True),
    Column("claimed_by", Uuid, nullable=True, comment="the account that its installs moved to, once and for ever"),
    _instant("claimed_at", has_default=False, nullable=True),
    _instant("last_write_at"),
    Column("erased_at", DateTime(timezone=True), nullable=True, comment="it expired; it writes no more"),
)
"""Every anonymous owner that ever wrote or was claimed; its row is the lock between its writes and claim or erasure."""

ACCOUNT_OWNERS = Table(
    "account_owners",
    METADATA,
    Column("owner_id", Uuid, primary_key=True),
    Column("erased_at", DateTime(timezone=True), nullable=True, comment="the account was deleted; it writes no more"),
)
"""Every account that ever wrote or was erased; its row is the lock between its writes and the erasure."""

KNOWN_PLUGINS = Table(
    "known_plugins",
    METADATA,
    Column("plugin_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("icon_url", Text, nullable=True),
    Column("status", Text, nullable=False),
    Column("latest_version", Text, nullable=True, comment="the highest release, else the highest pre-release"),
    Column("latest_sort_key", Text(collation="C"), nullable=True),
    Column("sequence", BigInteger, nullable=False, comment="number of the event that this state is from"),
)
"""Copy of what publishing says of plugins; rows are never deleted, so that installs always find theirs."""

KNOWN_VERSIONS = Table(
    "known_versions",
    METADATA,
    Column("plugin_id", Text, ForeignKey(KNOWN_PLUGINS.c.plugin_id), primary_key=True),
    Column("version", Text, primary_key=True),
    Column("sort_key", Text(collation="C"), nullable=False),
    Column("is_prerelease", Boolean, nullable=False),
    Column("settings_schema", JSONB(none_as_null=True), nullable=True),
    Column("default_settings", JSONB, nullable=False),
    Column("minimum_platform_version", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    _instant("published_at", has_default=False),
)
"""Copy of published versions, which never change."""
