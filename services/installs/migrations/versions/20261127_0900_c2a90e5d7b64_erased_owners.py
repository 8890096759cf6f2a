"""Owners that are no more: visitors that expired, accounts that were deleted. Former versions go on writing."""

import sqlalchemy as sa
from alembic import op

revision = "c2a90e5d7b64"
down_revision = "7d41b0c95a18"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "anonymous_owners",
        sa.Column("erased_at", sa.DateTime(timezone=True), comment="it expired; it writes no more"),
    )
    op.create_table(
        "account_owners",
        sa.Column("owner_id", sa.Uuid, primary_key=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), comment="the account was deleted; it writes no more"),
    )
    # A claimed visitor never writes again, so nobody needs the revisions of what it had.
    op.execute(
        "DELETE FROM installs i USING anonymous_owners o WHERE i.owner_id = o.owner_id AND o.claimed_by IS NOT NULL"
        " AND i.removed_at IS NOT NULL"
    )


def downgrade() -> None:
    op.drop_table("account_owners")
    op.drop_column("anonymous_owners", "erased_at")
