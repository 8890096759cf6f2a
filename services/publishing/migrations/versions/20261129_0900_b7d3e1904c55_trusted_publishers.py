"""Trusted publishers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "b7d3e1904c55"
down_revision = "e58a2c7710f4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "trusted_publishers",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("plugin_id", sa.Text, nullable=False),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("claims", JSONB, nullable=False, comment="what its identity tokens have to say"),
        sa.Column("created_by", sa.Uuid, nullable=False, comment="the account for which it publishes"),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.clock_timestamp()
        ),
        sa.PrimaryKeyConstraint("id", name="trusted_publishers_pkey"),
        sa.ForeignKeyConstraint(["plugin_id"], ["plugins.id"], name="trusted_publishers_plugin_id_fkey"),
        sa.UniqueConstraint("plugin_id", "issuer", "claims", name="trusted_publishers_same_key"),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("trusted_publishers")
