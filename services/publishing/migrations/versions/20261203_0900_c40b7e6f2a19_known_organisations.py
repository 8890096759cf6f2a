"""What events said of organisations: under which name they publish, and which are no more."""

import sqlalchemy as sa
from alembic import op

revision = "c40b7e6f2a19"
down_revision = "9b3f60d1a7c8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "known_organisations",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False, comment="of the newest event that came"),
        sa.Column("name", sa.Text, comment="null while no event has named it"),
        sa.Column("deleted_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="known_organisations_pkey"),
    )


def downgrade() -> None:
    op.drop_table("known_organisations")
