"""Accounts that were deleted: of their row the id is left, so that it is never used again."""

import sqlalchemy as sa
from alembic import op

revision = "a0009"
down_revision = "a0008"
branch_labels = None
depends_on = None

_PERSONAL = ("email", "email_key", "name")


def upgrade() -> None:
    op.add_column(
        "users",
        sa.Column(
            "deleted_at",
            sa.DateTime(timezone=True),
            comment="set: only the id is left, so that it is never used again",
        ),
    )
    for column in _PERSONAL:
        op.alter_column("users", column, nullable=True)
    op.create_check_constraint(
        "users_deleted_check",
        "users",
        "num_nulls(email, email_key, name) = CASE WHEN deleted_at IS NULL THEN 0 ELSE 3 END",
    )


def downgrade() -> None:
    op.drop_constraint("users_deleted_check", "users")
    op.execute("UPDATE users SET email = '', email_key = id::text, name = '' WHERE deleted_at IS NOT NULL")
    for column in _PERSONAL:
        op.alter_column("users", column, nullable=False)
    op.drop_column("users", "deleted_at")
