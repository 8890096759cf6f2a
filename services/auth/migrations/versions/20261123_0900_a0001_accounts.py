"""Accounts, credentials, developer profiles, anonymous identities and their claims, audit, outbox."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "a0001"
down_revision = None
branch_labels = None
depends_on = None

_REFUSE_CHANGE = """
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit entries are never changed' USING ERRCODE = 'insufficient_privilege';
END
$$
"""
_APPEND_ONLY = """
CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE ON audit_entries
FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()
"""


def upgrade() -> None:
    _create_users()
    _create_anonymous()
    _create_audit()
    _create_outbox()


def _time(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())


def _create_users() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("email", sa.Text, nullable=False, comment="as it was given"),
        sa.Column("email_key", sa.Text, nullable=False, comment="equal for addresses that are one account"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("roles", ARRAY(sa.Text), nullable=False, server_default=sa.text("'{user}'")),
        sa.Column(
            "revision", sa.BigInteger, nullable=False, server_default=sa.text("1"),
            comment="raised when identity tokens change",
        ),
        sa.Column(
            "event_sequence", sa.BigInteger, nullable=False, server_default=sa.text("0"),
            comment="of accounts.v1; never restarts",
        ),
        _time("created_at"),
        _time("updated_at"),
        sa.UniqueConstraint("email_key", name="users_email_key_key"),
        sa.CheckConstraint(
            "'user' = ANY (roles) AND roles <@ ARRAY['user', 'developer', 'reviewer', 'administrator']",
            name="users_roles_check",
        ),
    )  # fmt: skip
    op.create_table(
        "credentials",
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("password_hash", sa.Text, nullable=False, comment="argon2id in PHC form"),
        _time("changed_at"),
    )
    op.create_table(
        "developer_profiles",
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("website", sa.Text),
        _time("registered_at"),
    )


def _create_anonymous() -> None:
    op.create_table(
        "anonymous_identities",
        sa.Column("id", sa.Uuid, primary_key=True),
        _time("created_at"),
        sa.Column(
            "last_seen_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now(),
            comment="to the hour; idle ones may expire",
        ),
    )  # fmt: skip
    op.create_index("ix_anonymous_identities_last_seen_at", "anonymous_identities", ["last_seen_at"])
    op.create_table(
        "anonymous_claims",
        sa.Column("anonymous_id", sa.Uuid, primary_key=True, comment="claimed once, for ever"),
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id"), nullable=False),
        _time("claimed_at"),
    )
    op.create_index("ix_anonymous_claims_user_id", "anonymous_claims", ["user_id"])


def _create_audit() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column(
            "occurred_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.clock_timestamp()
        ),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("user_id", sa.Uuid, comment="null where the account is unknown; no foreign key: entries stay"),
        sa.Column("address", sa.Text, comment="network address of the caller; null for an operator's command"),
        sa.Column(
            "detail", JSONB, nullable=False, server_default=sa.text("'{}'"), comment="never a secret"
        ),
        sa.Column("trace_id", sa.Text),
    )  # fmt: skip
    op.execute(_REFUSE_CHANGE)
    op.execute(_APPEND_ONLY)


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("position", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("id", sa.Uuid, nullable=False, server_default=sa.func.gen_random_uuid()),
        sa.Column("aggregatetype", sa.Text, nullable=False, comment="topic without the deployment's prefix"),
        sa.Column("aggregateid", sa.Text, nullable=False, comment="record key: the ordering aggregate"),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("payload", JSONB, comment="null is a tombstone"),
        sa.Column("sequence", sa.BigInteger, nullable=False, comment="the aggregate's number of this event"),
        sa.Column("traceparent", sa.Text),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.clock_timestamp()),
    )
