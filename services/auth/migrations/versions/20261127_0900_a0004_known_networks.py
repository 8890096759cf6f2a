"""From where accounts have signed in: strangers' failures do not shut their owners out there."""

import sqlalchemy as sa
from alembic import op

revision = "a0004"
down_revision = "a0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "known_networks",
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("network", sa.Text, primary_key=True, comment="from which the account signed in: IPv4, or IPv6 /64"),
        sa.Column(
            "seen_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now(), comment="to the day"
        ),
    )


def downgrade() -> None:
    op.drop_table("known_networks")
