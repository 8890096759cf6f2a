"""Accounts that are no more: a decision's reviewer may lose the name, and nothing else of it may change."""

import sqlalchemy as sa
from alembic import op

revision = "9b3f60d1a7c8"
down_revision = "5d0e7c1b92af"
branch_labels = None
depends_on = None

_FROZEN = "CREATE TRIGGER decisions_frozen BEFORE {what} ON decisions FOR EACH ROW EXECUTE FUNCTION refuse_change()"
_COMMENT = "append-only; a trigger refuses every change"
_NEW_COMMENT = "append-only; a trigger refuses every change, but for the name of a reviewer who is no more"


def upgrade() -> None:
    op.create_table(
        "erased_accounts",
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="erased_accounts_pkey"),
    )
    op.create_index("submissions_submitter_idx", "submissions", ["submitter_id", "id"])
    op.create_index("decisions_reviewer_idx", "decisions", ["reviewer_id", "position"])
    op.execute("DROP TRIGGER decisions_frozen ON decisions")
    op.execute(_FROZEN.format(what="DELETE"))
    op.execute(
        "CREATE TRIGGER decisions_frozen_but_for_erasure BEFORE UPDATE ON decisions FOR EACH ROW"
        " WHEN (NEW.reviewer_name <> 'Deleted account'"
        " OR to_jsonb(NEW) - 'reviewer_name' <> to_jsonb(OLD) - 'reviewer_name')"
        " EXECUTE FUNCTION refuse_change()"
    )
    op.create_table_comment("decisions", _NEW_COMMENT, existing_comment=_COMMENT)


def downgrade() -> None:
    op.create_table_comment("decisions", _COMMENT, existing_comment=_NEW_COMMENT)
    op.execute("DROP TRIGGER decisions_frozen_but_for_erasure ON decisions")
    op.execute("DROP TRIGGER decisions_frozen ON decisions")
    op.execute(_FROZEN.format(what="UPDATE OR DELETE"))
    op.drop_index("decisions_reviewer_idx", "decisions")
    op.drop_index("submissions_submitter_idx", "submissions")
    op.drop_table("erased_accounts")
