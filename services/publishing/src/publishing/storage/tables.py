"""The tables of the schema, for migrations and the drift test. Statements elsewhere are plain SQL."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from chassis.erasures import erased_table
from chassis.outbox import outbox_table

METADATA = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "uq": "%(table_name)s_%(column_0_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "ix": "%(table_name)s_%(column_0_name)s_idx",
    }
)


def _moment(name: str, *, optional: bool = False) -> Column[object]:
    if optional:
        return Column(name, DateTime(timezone=True), nullable=True)
    return Column(name, DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp())


PLUGINS = Table(
    "plugins",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("owner_id", Uuid, nullable=False),
    Column("owner_kind", Text, nullable=False, server_default=text("'account'")),
    Column("author_name", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("tags", ARRAY(Text), nullable=False),
    Column("icon_url", Text),
    Column("homepage", Text),
    Column("repository", Text),
    Column("license", Text),
    Column("status", Text, nullable=False, server_default=text("'draft'")),
    Column("suspended_reason", Text),
    Column("sequence", BigInteger, nullable=False, server_default=text("1"), comment="number of the newest event"),
    Column("revision", BigInteger, nullable=False, server_default=text("1"), comment="the ETag"),
    _moment("created_at"),
    _moment("updated_at"),
    CheckConstraint("status IN ('draft', 'published', 'suspended')", name="status"),
    CheckConstraint("owner_kind IN ('account', 'organisation')", name="owner_kind"),
    CheckConstraint("(status = 'suspended') = (suspended_reason IS NOT NULL)", name="suspended_reason"),
)
Index("plugins_owner_idx", PLUGINS.c.owner_id, PLUGINS.c.created_at, PLUGINS.c.id)

Table(
    "trusted_publishers",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("plugin_id", Text, ForeignKey("plugins.id"), nullable=False),
    Column("issuer", Text, nullable=False),
    Column("claims", JSONB, nullable=False, comment="what its identity tokens have to say"),
    Column("created_by", Uuid, nullable=False, comment="the account for which it publishes"),
    _moment("created_at"),
    UniqueConstraint("plugin_id", "issuer", "claims", name="trusted_publishers_same_key"),
)

Table(
    "transfers",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("plugin_id", Text, ForeignKey("plugins.id"), nullable=False),
    Column("from_kind", Text, nullable=False),
    Column("from_id", Uuid, nullable=False),
    Column("from_name", Text, nullable=False),
    Column("to_kind", Text, nullable=False),
    Column("to_id", Uuid, nullable=False),
    Column("offered_by", Uuid, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("outcome", Text, comment="null while it waits"),
    Column("ended_at", DateTime(timezone=True)),
    Column("ended_by", Uuid),
    CheckConstraint("outcome IN ('accepted', 'declined', 'withdrawn')", name="outcome"),
    Index("transfers_waiting_idx", "plugin_id", unique=True, postgresql_where=text("outcome IS NULL")),
    Index("transfers_receiver_idx", "to_id", postgresql_where=text("outcome IS NULL")),
)

SUBMISSIONS = Table(
    "submissions",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("plugin_id", Text, ForeignKey("plugins.id"), nullable=False),
    Column("version", Text, nullable=False),
    Column("submitter_id", Uuid, nullable=False),
    Column("submitter_name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("manifest", JSONB, nullable=False),
    Column("changelog", Text, nullable=False),
    Column("bundle_size_bytes", BigInteger, nullable=False),
    Column("bundle_sha256", Text, nullable=False),
    Column("source_map_size_bytes", BigInteger),
    Column("source_map_sha256", Text),
    Column("content_sha256", Text, nullable=False, comment="digest of everything sent"),
    Column("attempts", Integer, nullable=False, server_default=text("0"), comment="failures in a row"),
    Column("work_at", DateTime(timezone=True), comment="when a worker may take it; null while people have it"),
    Column("lease_token", Uuid, comment="held by the worker that has it; every write of the worker names it"),
    Column("traceparent", Text),
    Column("cleared_at", DateTime(timezone=True), comment="when its files left quarantine"),
    _moment("created_at"),
    _moment("updated_at"),
    CheckConstraint(
        "status IN ('received', 'scanning', 'held', 'awaiting_review', 'approved', 'published', 'rejected',"
        " 'refused', 'withdrawn')",
        name="status",
    ),
)
Index(
    "submissions_version_key",
    SUBMISSIONS.c.plugin_id,
    SUBMISSIONS.c.version,
    unique=True,
    postgresql_where=text("status NOT IN ('rejected', 'refused', 'withdrawn')"),
)
Index("submissions_submitter_idx", SUBMISSIONS.c.submitter_id, SUBMISSIONS.c.id)
Index("submissions_plugin_idx", SUBMISSIONS.c.plugin_id, SUBMISSIONS.c.created_at)
Index(
    "submissions_work_idx",
    SUBMISSIONS.c.status,
    SUBMISSIONS.c.work_at,
    postgresql_where=text("work_at IS NOT NULL"),
)
Index(
    "submissions_queue_idx",
    SUBMISSIONS.c.created_at,
    SUBMISSIONS.c.id,
    postgresql_where=text("status IN ('held', 'awaiting_review')"),
)

VERSIONS = Table(
    "versions",
    METADATA,
    Column("plugin_id", Text, ForeignKey("plugins.id"), primary_key=True),
    Column("version", Text, primary_key=True),
    Column("version_key", Text(collation="C"), nullable=False, comment="its byte order is version precedence"),
    Column("manifest", JSONB, nullable=False),
    Column("changelog", Text, nullable=False),
    Column("minimum_platform_version", Text, nullable=False),
    Column("bundle_key", Text, nullable=False),
    Column("bundle_size_bytes", BigInteger, nullable=False),
    Column("bundle_sha256", Text, nullable=False),
    Column("source_map_key", Text),
    Column("source_map_size_bytes", BigInteger),
    Column("source_map_sha256", Text),
    Column("submission_id", Uuid, ForeignKey("submissions.id"), nullable=False, unique=True),
    _moment("published_at"),
    comment="published versions; a trigger refuses every change",
)
Index("versions_order_idx", VERSIONS.c.plugin_id, VERSIONS.c.version_key, unique=True)

SUBMISSION_STEPS = Table(
    "submission_steps",
    METADATA,
    Column("submission_id", Uuid, ForeignKey("submissions.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("status", Text, nullable=False),
    Column("detail", Text),
    _moment("at"),
    CheckConstraint("status IN ('done', 'waiting', 'failed')", name="status"),
)

SCAN_VERDICTS = Table(
    "scan_verdicts",
    METADATA,
    Column("submission_id", Uuid, ForeignKey("submissions.id"), primary_key=True),
    Column("check_name", Text, primary_key=True),
    Column("status", Text, nullable=False),
    Column("check_version", Text, nullable=False),
    Column("input_sha256", Text, nullable=False, comment="content digest of what was looked at"),
    Column("findings", JSONB, nullable=False),
    _moment("at"),
    CheckConstraint("status IN ('pass', 'hold', 'block', 'error')", name="status"),
)

DECISIONS = Table(
    "decisions",
    METADATA,
    Column("position", BigInteger, Identity(always=True), primary_key=True),
    Column("submission_id", Uuid, ForeignKey("submissions.id"), nullable=False),
    Column("reviewer_id", Uuid, nullable=False),
    Column("reviewer_name", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("reason_code", Text),
    Column("text", Text),
    Column("accepted_checks", ARRAY(Text), nullable=False, comment="checks whose findings the reviewer accepted"),
    _moment("decided_at"),
    CheckConstraint("verdict IN ('approve', 'reject')", name="verdict"),
    CheckConstraint("verdict = 'approve' OR (reason_code IS NOT NULL AND text IS NOT NULL)", name="reason"),
    comment="append-only; a trigger refuses every change, but for the name of a reviewer who is no more",
)
Index("decisions_reviewer_idx", DECISIONS.c.reviewer_id, DECISIONS.c.position)
Index("decisions_submission_idx", DECISIONS.c.submission_id, DECISIONS.c.position)

STAGED_UPLOADS = Table(
    "staged_uploads",
    METADATA,
    Column("submission_id", Uuid, primary_key=True),
    Column("staged_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp(), index=True),
    comment="uploads whose files may lie in quarantine without a submission",
)

Table(
    "known_organisations",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("sequence", BigInteger, nullable=False, comment="of the newest event that came"),
    Column("name", Text, comment="null while no event has named it"),
    Column("deleted_at", DateTime(timezone=True)),
)

ERASED_ACCOUNTS = erased_table(METADATA)
OUTBOX = outbox_table(METADATA)
