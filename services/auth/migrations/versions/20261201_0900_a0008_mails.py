"""Mails that wait, the tokens they carry, accounts that wait for theirs, and which addresses are confirmed."""

import sqlalchemy as sa
from alembic import op

revision = "a0008"
down_revision = "a0007"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("users", sa.Column("email_verified_at", _TIME))
    op.create_table(
        "mail_tokens",
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("purpose", sa.Text, primary_key=True, comment="the newest token of each is the only one"),
        sa.Column("token_hash", sa.LargeBinary, nullable=False, comment="SHA-256 of 256 random bits"),
        sa.Column("expires_at", _TIME, nullable=False, index=True),
        sa.UniqueConstraint("token_hash", name="mail_tokens_token_hash_key"),
    )
    op.create_table(
        "registrations",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column(
            "email_key", sa.Text, nullable=False, index=True, comment="not unique: anybody may ask for an address"
        ),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False, comment="argon2id in PHC form"),
        sa.Column("token_hash", sa.LargeBinary, comment="null until its mail was written"),
        sa.Column("expires_at", _TIME, nullable=False, index=True),
        sa.UniqueConstraint("token_hash", name="registrations_token_hash_key"),
    )
    op.create_table(
        "mails",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column(
            "about", sa.Text, nullable=False, comment="an account, a registration, or the key of an address; no secret"
        ),
        sa.Column("address", sa.Text, comment="network address of whoever asked"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("created_at", _TIME, nullable=False, server_default=sa.func.now()),
        sa.Column("next_attempt_at", _TIME, nullable=False, server_default=sa.func.now(), index=True),
    )


def downgrade() -> None:
    for table in ("mails", "registrations", "mail_tokens"):
        op.drop_table(table)
    op.drop_column("users", "email_verified_at")
