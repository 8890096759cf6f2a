"""Plugins of organisations, and their hand-over from one owner to another."""

import sqlalchemy as sa
from alembic import op

revision = "5d0e7c1b92af"
down_revision = "b7d3e1904c55"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("plugins", sa.Column("owner_kind", sa.Text, nullable=False, server_default=sa.text("'account'")))
    op.create_check_constraint("owner_kind", "plugins", "owner_kind IN ('account', 'organisation')")
    op.create_table(
        "transfers",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("plugin_id", sa.Text, sa.ForeignKey("plugins.id"), nullable=False),
        sa.Column("from_kind", sa.Text, nullable=False),
        sa.Column("from_id", sa.Uuid, nullable=False),
        sa.Column("from_name", sa.Text, nullable=False),
        sa.Column("to_kind", sa.Text, nullable=False),
        sa.Column("to_id", sa.Uuid, nullable=False),
        sa.Column("offered_by", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text, comment="null while it waits"),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("ended_by", sa.Uuid),
        sa.CheckConstraint("outcome IN ('accepted', 'declined', 'withdrawn')", name="outcome"),
    )
    op.create_index("transfers_waiting_idx", "transfers", ["plugin_id"], unique=True, postgresql_where=_WAITS)
    op.create_index("transfers_receiver_idx", "transfers", ["to_id"], postgresql_where=_WAITS)


def downgrade() -> None:
    op.drop_table("transfers")
    op.drop_constraint("owner_kind", "plugins")
    op.drop_column("plugins", "owner_kind")


_WAITS = sa.text("outcome IS NULL")
