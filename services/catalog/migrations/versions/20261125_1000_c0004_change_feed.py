"""The change feed: what everybody may know, in one order."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "c0004"
down_revision = "c0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("changes_position_seq", data_type=sa.BigInteger)))
    op.create_table(
        "changes",
        sa.Column("event_id", sa.Uuid, primary_key=True, comment="ce_id on Kafka"),
        sa.Column(
            "position", sa.BigInteger, unique=True, comment="null: waits until its plugin is public"
        ),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("key", sa.Text(collation="C"), nullable=False, comment="plugin id"),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", JSONB, comment="null: a removal, or withdrawn by its author"),
        sa.Column("size_bytes", sa.Integer, nullable=False, comment="of data, so that a page can be bounded unread"),
        sa.Column("figures_only", sa.Boolean, nullable=False, comment="a document in which only counts are new"),
        sa.Column(
            "added_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("clock_timestamp()")
        ),
    )  # fmt: skip
    op.create_index("changes_content_idx", "changes", ["position"], postgresql_where=sa.text("NOT figures_only"))
    op.create_index("changes_key_idx", "changes", ["key", "type"])
    op.create_index("changes_added_idx", "changes", ["added_at"])
    op.create_table(
        "change_keys",
        sa.Column("key", sa.Text(collation="C"), primary_key=True, comment="plugin id"),
        sa.Column("is_listed", sa.Boolean, nullable=False, comment="its newest document is no removal"),
        sa.Column("is_suspended", sa.Boolean, nullable=False, comment="by its newest event of plugins.v1"),
        sa.Column("document_sequence", sa.BigInteger, nullable=False, comment="of the newest document or removal"),
        sa.Column("content_sequence", sa.BigInteger, nullable=False, comment="the same, passing over figures_only"),
        sa.Column("plugin_sequence", sa.BigInteger, nullable=False, comment="of the newest event of plugins.v1"),
    )
    op.create_table(
        "change_horizon",
        sa.Column(
            "id", sa.Boolean, primary_key=True, server_default=sa.text("true"), comment="there is one row at most"
        ),
        sa.Column(
            "position", sa.BigInteger, nullable=False,
            comment="up to here changes were dropped that nothing replaces",
        ),
        sa.CheckConstraint("id", name="change_horizon_id_check"),
    )  # fmt: skip
