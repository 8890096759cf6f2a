"""Create installs, the copy of plugins, and the outbox."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "1f0c6a5d2e31"
down_revision = None
branch_labels = None
depends_on = None


def _instant(name: str, *, nullable: bool = False, default: bool = True) -> sa.Column[object]:
    server_default = sa.func.clock_timestamp() if default else None
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=server_default)


def upgrade() -> None:
    op.create_table(
        "installs",
        sa.Column("owner_id", sa.Uuid, primary_key=True),
        sa.Column("plugin_id", sa.Text, primary_key=True),
        sa.Column("owner_kind", sa.Text, sa.CheckConstraint("owner_kind IN ('user', 'anonymous')"), nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("settings", postgresql.JSONB, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False, server_default="1", comment="number of its last event"),
        _instant("installed_at"),
        _instant("updated_at"),
        sa.Column(
            "removed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="set while not installed: the row stays, so that revisions never restart",
        ),
    )
    op.create_table(
        "anonymous_owners",
        sa.Column("owner_id", sa.Uuid, primary_key=True),
        sa.Column("claimed_by", sa.Uuid, comment="the account that its installs moved to, once and for ever"),
        _instant("claimed_at", nullable=True, default=False),
        _instant("last_write_at"),
    )
    op.create_table(
        "known_plugins",
        sa.Column("plugin_id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("icon_url", sa.Text),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("latest_version", sa.Text, comment="the highest release, else the highest pre-release"),
        sa.Column("latest_sort_key", sa.Text(collation="C")),
        sa.Column("sequence", sa.BigInteger, nullable=False, comment="number of the event that this state is from"),
    )
    op.create_table(
        "known_versions",
        sa.Column("plugin_id", sa.Text, sa.ForeignKey("known_plugins.plugin_id"), primary_key=True),
        sa.Column("version", sa.Text, primary_key=True),
        sa.Column("sort_key", sa.Text(collation="C"), nullable=False),
        sa.Column("is_prerelease", sa.Boolean, nullable=False),
        sa.Column("settings_schema", postgresql.JSONB),
        sa.Column("default_settings", postgresql.JSONB, nullable=False),
        sa.Column("minimum_platform_version", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        _instant("published_at", default=False),
    )
    op.create_table(
        "outbox",
        sa.Column("position", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("id", sa.Uuid, nullable=False, server_default=sa.func.gen_random_uuid()),
        sa.Column("aggregatetype", sa.Text, nullable=False, comment="topic without the deployment's prefix"),
        sa.Column("aggregateid", sa.Text, nullable=False, comment="record key: the ordering aggregate"),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("payload", postgresql.JSONB, comment="null is a tombstone"),
        sa.Column("sequence", sa.BigInteger, nullable=False, comment="the aggregate's number of this event"),
        sa.Column("traceparent", sa.Text),
        _instant("occurred_at"),
    )


def downgrade() -> None:
    for table in ("outbox", "known_versions", "known_plugins", "anonymous_owners", "installs"):
        op.drop_table(table)
