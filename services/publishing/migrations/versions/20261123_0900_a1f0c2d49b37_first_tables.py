"""Plugins, submissions with their steps, verdicts and decisions, published versions, outbox."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "a1f0c2d49b37"
down_revision = None
branch_labels = None
depends_on = None

_FROZEN_TABLES = ("versions", "decisions")
"""Rows of these never change; the database itself refuses, whoever asks."""


def upgrade() -> None:
    _create_outbox()
    _create_plugins()
    _create_staged_uploads()
    _create_submissions()
    _create_decisions()
    _create_scan_verdicts()
    _create_submission_steps()
    _create_versions()
    _freeze()


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("aggregatetype", sa.Text(), nullable=False, comment="topic without the deployment's prefix"),
        sa.Column("aggregateid", sa.Text(), nullable=False, comment="record key: the ordering aggregate"),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column(
            "payload",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
            comment="null is a tombstone",
        ),
        sa.Column("sequence", sa.BigInteger(), nullable=False, comment="the aggregate's number of this event"),
        sa.Column("traceparent", sa.Text(), nullable=True),
        sa.Column(
            "occurred_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("position", name="outbox_pkey"),
    )


def _create_plugins() -> None:
    op.create_table(
        "plugins",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("icon_url", sa.Text(), nullable=True),
        sa.Column("homepage", sa.Text(), nullable=True),
        sa.Column("repository", sa.Text(), nullable=True),
        sa.Column("license", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), server_default=sa.text("'draft'"), nullable=False),
        sa.Column("suspended_reason", sa.Text(), nullable=True),
        sa.Column(
            "sequence",
            sa.BigInteger(),
            server_default=sa.text("1"),
            nullable=False,
            comment="number of the newest event",
        ),
        sa.Column("revision", sa.BigInteger(), server_default=sa.text("1"), nullable=False, comment="the ETag"),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column(
            "updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint(
            "(status = 'suspended') = (suspended_reason IS NOT NULL)", name=op.f("plugins_suspended_reason_check")
        ),
        sa.CheckConstraint("status IN ('draft', 'published', 'suspended')", name=op.f("plugins_status_check")),
        sa.PrimaryKeyConstraint("id", name="plugins_pkey"),
    )
    op.create_index("plugins_owner_idx", "plugins", ["owner_id", "created_at", "id"], unique=False)


def _create_staged_uploads() -> None:
    op.create_table(
        "staged_uploads",
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("staged_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("submission_id", name="staged_uploads_pkey"),
        comment="uploads whose files may lie in quarantine without a submission",
    )
    op.create_index("staged_uploads_staged_at_idx", "staged_uploads", ["staged_at"], unique=False)


def _create_submissions() -> None:
    op.create_table(
        "submissions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plugin_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("submitter_id", sa.Uuid(), nullable=False),
        sa.Column("submitter_name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("manifest", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("changelog", sa.Text(), nullable=False),
        sa.Column("bundle_size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("bundle_sha256", sa.Text(), nullable=False),
        sa.Column("source_map_size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("source_map_sha256", sa.Text(), nullable=True),
        sa.Column("content_sha256", sa.Text(), nullable=False, comment="digest of everything sent"),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="failures in a row"),
        sa.Column(
            "work_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when a worker may take it; null while people have it",
        ),
        sa.Column(
            "lease_token",
            sa.Uuid(),
            nullable=True,
            comment="held by the worker that has it; every write of the worker names it",
        ),
        sa.Column("traceparent", sa.Text(), nullable=True),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True, comment="when its files left quarantine"),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column(
            "updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint(
            "status IN ('received', 'scanning', 'held', 'awaiting_review', 'approved', 'published', 'rejected',"
            " 'refused', 'withdrawn')",
            name=op.f("submissions_status_check"),
        ),
        sa.ForeignKeyConstraint(["plugin_id"], ["plugins.id"], name="submissions_plugin_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="submissions_pkey"),
    )
    op.create_index("submissions_plugin_idx", "submissions", ["plugin_id", "created_at"], unique=False)
    op.create_index(
        "submissions_queue_idx",
        "submissions",
        ["created_at", "id"],
        unique=False,
        postgresql_where=sa.text("status IN ('held', 'awaiting_review')"),
    )
    op.create_index(
        "submissions_version_key",
        "submissions",
        ["plugin_id", "version"],
        unique=True,
        postgresql_where=sa.text("status NOT IN ('rejected', 'refused', 'withdrawn')"),
    )
    op.create_index(
        "submissions_work_idx",
        "submissions",
        ["status", "work_at"],
        unique=False,
        postgresql_where=sa.text("work_at IS NOT NULL"),
    )


def _create_decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("reviewer_id", sa.Uuid(), nullable=False),
        sa.Column("reviewer_name", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column(
            "accepted_checks",
            postgresql.ARRAY(sa.Text()),
            nullable=False,
            comment="checks whose findings the reviewer accepted",
        ),
        sa.Column(
            "decided_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint(
            "verdict = 'approve' OR (reason_code IS NOT NULL AND text IS NOT NULL)", name=op.f("decisions_reason_check")
        ),
        sa.CheckConstraint("verdict IN ('approve', 'reject')", name=op.f("decisions_verdict_check")),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name="decisions_submission_id_fkey"),
        sa.PrimaryKeyConstraint("position", name="decisions_pkey"),
        comment="append-only; a trigger refuses every change",
    )
    op.create_index("decisions_submission_idx", "decisions", ["submission_id", "position"])


def _create_scan_verdicts() -> None:
    op.create_table(
        "scan_verdicts",
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("check_name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("check_version", sa.Text(), nullable=False),
        sa.Column("input_sha256", sa.Text(), nullable=False, comment="content digest of what was looked at"),
        sa.Column("findings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("status IN ('pass', 'hold', 'block', 'error')", name=op.f("scan_verdicts_status_check")),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name="scan_verdicts_submission_id_fkey"),
        sa.PrimaryKeyConstraint("submission_id", "check_name", name="scan_verdicts_pkey"),
    )


def _create_submission_steps() -> None:
    op.create_table(
        "submission_steps",
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("status IN ('done', 'waiting', 'failed')", name=op.f("submission_steps_status_check")),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name="submission_steps_submission_id_fkey"),
        sa.PrimaryKeyConstraint("submission_id", "name", name="submission_steps_pkey"),
    )


def _create_versions() -> None:
    op.create_table(
        "versions",
        sa.Column("plugin_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column(
            "version_key", sa.Text(collation="C"), nullable=False, comment="its byte order is version precedence"
        ),
        sa.Column("manifest", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("changelog", sa.Text(), nullable=False),
        sa.Column("minimum_platform_version", sa.Text(), nullable=False),
        sa.Column("bundle_key", sa.Text(), nullable=False),
        sa.Column("bundle_size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("bundle_sha256", sa.Text(), nullable=False),
        sa.Column("source_map_key", sa.Text(), nullable=True),
        sa.Column("source_map_size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("source_map_sha256", sa.Text(), nullable=True),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column(
            "published_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.ForeignKeyConstraint(["plugin_id"], ["plugins.id"], name="versions_plugin_id_fkey"),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name="versions_submission_id_fkey"),
        sa.PrimaryKeyConstraint("plugin_id", "version", name="versions_pkey"),
        sa.UniqueConstraint("submission_id", name="versions_submission_id_key"),
        comment="published versions; a trigger refuses every change",
    )
    op.create_index("versions_order_idx", "versions", ["plugin_id", "version_key"], unique=True)


def _freeze() -> None:
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'rows of % never change', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END
        $$
        """
    )
    for table in _FROZEN_TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_frozen BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    for table in ("versions", "submission_steps", "scan_verdicts", "decisions", "submissions", "staged_uploads"):
        op.drop_table(table)
    op.drop_table("plugins")
    op.drop_table("outbox")
    op.execute("DROP FUNCTION refuse_change")
