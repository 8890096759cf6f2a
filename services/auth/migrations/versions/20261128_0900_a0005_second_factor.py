"""Second factors: one-time codes, security keys, recovery codes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "a0005"
down_revision = "a0004"
branch_labels = None
depends_on = None

_NOW = sa.func.now()


def upgrade() -> None:
    op.create_table(
        "totp_factors",
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("secret", sa.LargeBinary, nullable=False, comment="encrypted; the key is not in the database"),
        sa.Column(
            "last_step",
            sa.BigInteger,
            nullable=False,
            server_default=sa.text("0"),
            comment="whose code was accepted last",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=_NOW),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), comment="null until a first code was right"),
    )
    op.create_table(
        "webauthn_credentials",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("credential_id", sa.LargeBinary, nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False, comment="COSE"),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        sa.Column("transports", ARRAY(sa.Text), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=_NOW),
        sa.Column("last_used_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("credential_id", name="webauthn_credentials_credential_id_key"),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("code_hash", sa.LargeBinary, primary_key=True, comment="SHA-256; a used code is deleted"),
    )


def downgrade() -> None:
    for table in ("recovery_codes", "webauthn_credentials", "totp_factors"):
        op.drop_table(table)
