"""Organisations, their members and invitations; the audit by organisation."""

import sqlalchemy as sa
from alembic import op

revision = "a0007"
down_revision = "a0006"
branch_labels = None
depends_on = None

_NOW = sa.func.now()
_ROLES = "role IN ('owner', 'maintainer', 'member')"


def upgrade() -> None:
    op.create_table(
        "organisations",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("slug", sa.Text, nullable=False, comment="never changes, and is never another's"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False, server_default=sa.text("1"), comment="the ETag"),
        sa.Column(
            "event_sequence", sa.BigInteger, nullable=False, server_default=sa.text("0"), comment="of organisations.v1"
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=_NOW),
        sa.Column("deleted_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("slug", name="organisations_slug_key"),
    )
    op.create_table(
        "organisation_members",
        sa.Column("organisation_id", sa.Uuid, sa.ForeignKey("organisations.id"), primary_key=True),
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id"), primary_key=True, index=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False, server_default=_NOW),
        sa.CheckConstraint(_ROLES, name="organisation_members_role_check"),
    )
    op.create_table(
        "organisation_invitations",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("organisation_id", sa.Uuid, sa.ForeignKey("organisations.id"), nullable=False),
        sa.Column("email", sa.Text, nullable=False, comment="as it was given"),
        sa.Column("email_key", sa.Text, nullable=False, index=True, comment="as the account's"),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("invited_by", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=_NOW),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("organisation_id", "email_key", name="organisation_invitations_email_key"),
        sa.CheckConstraint(_ROLES, name="organisation_invitations_role_check"),
    )
    op.create_index(
        "audit_entries_organisation_idx",
        "audit_entries",
        ["target_id", "id"],
        postgresql_where=sa.text("target_kind = 'organisation'"),
    )


def downgrade() -> None:
    op.drop_index("audit_entries_organisation_idx", "audit_entries")
    for table in ("organisation_invitations", "organisation_members", "organisations"):
        op.drop_table(table)
