"""Accounts that are no more, and the way to what they wrote."""

import sqlalchemy as sa
from alembic import op

revision = "c0005"
down_revision = "c0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erased_accounts",
        sa.Column("user_id", sa.Uuid, primary_key=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("reviews_user_idx", "reviews", ["user_id", "plugin_id"])


def downgrade() -> None:
    op.drop_index("reviews_user_idx", "reviews")
    op.drop_table("erased_accounts")
