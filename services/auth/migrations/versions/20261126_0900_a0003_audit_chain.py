"""The audit: who, what, how it ended, and a seal that chains entries; the former version goes on writing.

Entries that are there stay as they are and wait for the sealer like new ones, oldest first.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "a0003"
down_revision = "a0002"
branch_labels = None
depends_on = None

# Two changes are let through: that of nothing into a seal, and that of personal fields into nothing.
_GUARD = """
CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    seal CONSTANT text[] := '{position, sealed_at, salt, personal_digest, previous_hash, hash}';
    personal CONSTANT text[] := '{address, before, after, detail, salt}';
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.position IS NULL AND NEW.position IS NOT NULL AND NEW.salt IS NOT NULL
            AND to_jsonb(NEW) - seal = to_jsonb(OLD) - seal
        THEN
            RETURN NEW;
        END IF;
        IF OLD.position IS NOT NULL AND num_nonnulls(NEW.address, NEW.before, NEW.after, NEW.salt) = 0
            AND NEW.detail = '{}' AND to_jsonb(NEW) - personal = to_jsonb(OLD) - personal
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'audit entries are never changed' USING ERRCODE = 'insufficient_privilege';
END
$$
"""
_FORMER_GUARD = """
CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit entries are never changed' USING ERRCODE = 'insufficient_privilege';
END
$$
"""
_NO_TRUNCATE = """
CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON audit_entries
FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()
"""
_NO_FORGED_SEAL = """
CREATE TRIGGER audit_entries_no_forged_seal BEFORE INSERT ON audit_entries FOR EACH ROW
WHEN (num_nonnulls(NEW.position, NEW.sealed_at, NEW.salt, NEW.personal_digest, NEW.previous_hash, NEW.hash) > 0)
EXECUTE FUNCTION refuse_audit_change()
"""


def upgrade() -> None:
    for column in _columns():
        op.add_column("audit_entries", column)
    op.create_unique_constraint("audit_entries_position_key", "audit_entries", ["position"])
    op.create_check_constraint(
        "audit_entries_seal_check",
        "audit_entries",
        "num_nulls(position, sealed_at, personal_digest, previous_hash, hash) IN (0, 5)",
    )
    op.create_index("audit_entries_unsealed_idx", "audit_entries", ["id"], postgresql_where=sa.text("position IS NULL"))
    op.create_index("audit_entries_account_idx", "audit_entries", ["user_id", "id"])
    for statement in (_GUARD, _NO_TRUNCATE, _NO_FORGED_SEAL):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TRIGGER audit_entries_no_forged_seal ON audit_entries")
    op.execute("DROP TRIGGER audit_entries_no_truncate ON audit_entries")
    op.execute(_FORMER_GUARD)
    for column in reversed(_columns()):
        op.drop_column("audit_entries", column.name)
    op.drop_index("audit_entries_account_idx", "audit_entries")


def _columns() -> list[sa.Column[object]]:
    return [
        sa.Column("outcome", sa.Text, comment="null, as all the new columns are, in entries of former versions"),
        sa.Column("actor_kind", sa.Text),
        sa.Column("actor_id", sa.Uuid),
        sa.Column("target_kind", sa.Text),
        sa.Column("target_id", sa.Text),
        sa.Column("reason", sa.Text, comment="a word; kept for ever"),
        sa.Column("before", JSONB, comment="personal, never a secret"),
        sa.Column("after", JSONB, comment="personal, never a secret"),
        sa.Column("position", sa.BigInteger, comment="in the chain, without gaps; null until the entry is sealed"),
        sa.Column("sealed_at", sa.DateTime(timezone=True)),
        sa.Column("salt", sa.Uuid, comment="null until sealed, and when the personal fields were erased"),
        sa.Column("personal_digest", sa.LargeBinary),
        sa.Column("previous_hash", sa.LargeBinary),
        sa.Column("hash", sa.LargeBinary),
    ]
