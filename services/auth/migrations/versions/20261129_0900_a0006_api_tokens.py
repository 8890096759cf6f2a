"""API tokens, and the assertions for which tokens of trusted publishing were minted."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "a0006"
down_revision = "a0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("token_hash", sa.LargeBinary, nullable=False, comment="SHA-256 of the token, which nobody keeps"),
        sa.Column("kind", sa.Text, nullable=False, comment="api, dev (device login) or ci (trusted publishing)"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("scopes", ARRAY(sa.Text), nullable=False),
        sa.Column("source_ranges", ARRAY(sa.Text), nullable=False, comment="CIDR; empty: from anywhere"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), comment="to five minutes"),
        sa.Column("last_used_network", sa.Text, comment="shortened address"),
        sa.UniqueConstraint("token_hash", name="api_tokens_token_hash_key"),
        sa.CheckConstraint("octet_length(token_hash) = 32", name="api_tokens_token_hash_check"),
        sa.CheckConstraint("kind IN ('api', 'dev', 'ci')", name="api_tokens_kind_check"),
    )
    op.create_index("ix_api_tokens_user_id", "api_tokens", ["user_id"])
    op.create_index("ix_api_tokens_expires_at", "api_tokens", ["expires_at"])
    op.create_table(
        "used_assertions",
        sa.Column("issuer", sa.Text, primary_key=True),
        sa.Column("jti", sa.Text, primary_key=True),
        sa.Column("kept_until", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_used_assertions_kept_until", "used_assertions", ["kept_until"])


def downgrade() -> None:
    op.drop_table("used_assertions")
    op.drop_table("api_tokens")
