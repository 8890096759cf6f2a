"""The tables of the schema."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from chassis.outbox import outbox_table

METADATA = MetaData()

_NOW = func.now()

Table(
    "users",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("email", Text, comment="as it was given"),
    Column("email_key", Text, comment="equal for addresses that are one account"),
    Column("name", Text),
    Column("roles", ARRAY(Text), nullable=False, server_default=text("'{user}'")),
    Column(
        "revision", BigInteger, nullable=False, server_default=text("1"), comment="raised when identity tokens change"
    ),
    Column(
        "event_sequence", BigInteger, nullable=False, server_default=text("0"), comment="of accounts.v1; never restarts"
    ),
    Column("email_verified_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    Column("deleted_at", DateTime(timezone=True), comment="set: only the id is left, so that it is never used again"),
    UniqueConstraint("email_key", name="users_email_key_key"),
    CheckConstraint(
        "'user' = ANY (roles) AND roles <@ ARRAY['user', 'developer', 'reviewer', 'administrator']",
        name="users_roles_check",
    ),
    CheckConstraint(
        "num_nulls(email, email_key, name) = CASE WHEN deleted_at IS NULL THEN 0 ELSE 3 END", name="users_deleted_check"
    ),
)

Table(
    "credentials",
    METADATA,
    Column("user_id", Uuid, ForeignKey("users.id"), primary_key=True),
    Column("password_hash", Text, nullable=False, comment="argon2id in PHC form"),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
)

Table(
    "mail_tokens",
    METADATA,
    Column("user_id", Uuid, ForeignKey("users.id"), primary_key=True),
    Column("purpose", Text, primary_key=True, comment="the newest token of each is the only one"),
    Column("token_hash", LargeBinary, nullable=False, comment="SHA-256 of 256 random bits"),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
    UniqueConstraint("token_hash", name="mail_tokens_token_hash_key"),
)

Table(
    "registrations",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("email", Text, nullable=False),
    Column("email_key", Text, nullable=False, index=True, comment="not unique: anybody may ask for an address"),
    Column("name", Text, nullable=False),
    Column("password_hash", Text, nullable=False, comment="argon2id in PHC form"),
    Column("token_hash", LargeBinary, comment="null until its mail was written"),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
    UniqueConstraint("token_hash", name="registrations_token_hash_key"),
)

Table(
    "mails",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("about", Text, nullable=False, comment="an account, a registration, or the key of an address; no secret"),
    Column("address", Text, comment="network address of whoever asked"),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    Column("next_attempt_at", DateTime(timezone=True), nullable=False, server_default=_NOW, index=True),
)

Table(
    "known_networks",
    METADATA,
    Column("user_id", Uuid, ForeignKey("users.id"), primary_key=True),
    Column("network", Text, primary_key=True, comment="from which the account signed in: IPv4, or IPv6 /64"),
    Column("seen_at", DateTime(timezone=True), nullable=False, server_default=_NOW, comment="to the day"),
)

Table(
    "developer_profiles",
    METADATA,
    Column("user_id", Uuid, ForeignKey("users.id"), primary_key=True),
    Column("display_name", Text, nullable=False),
    Column("website", Text),
    Column("registered_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
)

Table(
    "anonymous_identities",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    Column(
        "last_seen_at",
        DateTime(timezone=True),
        nullable=False,
        server_default=_NOW,
        index=True,
        comment="to the hour; idle ones may expire",
    ),
)

Table(
    "anonymous_claims",
    METADATA,
    # No foreign key: a claim outlives the identity's own row.
    Column("anonymous_id", Uuid, primary_key=True, comment="claimed once, for ever"),
    Column("user_id", Uuid, ForeignKey("users.id"), nullable=False, index=True),
    Column("claimed_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
)

Table(
    "api_tokens",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id"), nullable=False, index=True),
    Column("token_hash", LargeBinary, nullable=False, comment="SHA-256 of the token, which nobody keeps"),
    Column("kind", Text, nullable=False, comment="api, dev (device login) or ci (trusted publishing)"),
    Column("name", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("source_ranges", ARRAY(Text), nullable=False, comment="CIDR; empty: from anywhere"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
    Column("last_used_at", DateTime(timezone=True), comment="to five minutes"),
    Column("last_used_network", Text, comment="shortened address"),
    UniqueConstraint("token_hash", name="api_tokens_token_hash_key"),
    CheckConstraint("octet_length(token_hash) = 32", name="api_tokens_token_hash_check"),
    CheckConstraint("kind IN ('api', 'dev', 'ci')", name="api_tokens_kind_check"),
)

Table(
    "used_assertions",
    METADATA,
    # What a token was minted for once; a second one of the same name is a replay.
    Column("issuer", Text, primary_key=True),
    Column("jti", Text, primary_key=True),
    Column("kept_until", DateTime(timezone=True), nullable=False, index=True),
)

Table(
    "audit_entries",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("occurred_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("action", Text, nullable=False),
    Column("user_id", Uuid, comment="null where the account is unknown; no foreign key: entries stay"),
    Column("address", Text, comment="network address of the caller; null for an operator's command"),
    Column("detail", JSONB, nullable=False, server_default=text("'{}'"), comment="never a secret"),
    Column("trace_id", Text),
    Column("outcome", Text, comment="null, as all the new columns are, in entries of former versions"),
    Column("actor_kind", Text),
    Column("actor_id", Uuid),
    Column("target_kind", Text),
    Column("target_id", Text),
    Column("reason", Text, comment="a word; kept for ever"),
    Column("before", JSONB, comment="personal, never a secret"),
    Column("after", JSONB, comment="personal, never a secret"),
    Column("position", BigInteger, comment="in the chain, without gaps; null until the entry is sealed"),
    Column("sealed_at", DateTime(timezone=True)),
    Column("salt", Uuid, comment="null until sealed, and when the personal fields were erased"),
    Column("personal_digest", LargeBinary),
    Column("previous_hash", LargeBinary),
    Column("hash", LargeBinary),
    UniqueConstraint("position", name="audit_entries_position_key"),
    CheckConstraint(
        "num_nulls(position, sealed_at, personal_digest, previous_hash, hash) IN (0, 5)",
        name="audit_entries_seal_check",
    ),
    Index("audit_entries_unsealed_idx", "id", postgresql_where=text("position IS NULL")),
    Index("audit_entries_account_idx", "user_id", "id"),
    Index("audit_entries_organisation_idx", "target_id", "id", postgresql_where=text("target_kind = 'organisation'")),
)

Table(
    "organisations",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("slug", Text, nullable=False, comment="never changes, and is never another's"),
    Column("name", Text, nullable=False),
    Column("revision", BigInteger, nullable=False, server_default=text("1"), comment="the ETag"),
    Column("event_sequence", BigInteger, nullable=False, server_default=text("0"), comment="of organisations.v1"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    Column("deleted_at", DateTime(timezone=True)),
    UniqueConstraint("slug", name="organisations_slug_key"),
)

Table(
    "organisation_members",
    METADATA,
    Column("organisation_id", Uuid, ForeignKey("organisations.id"), primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id"), primary_key=True, index=True),
    Column("role", Text, nullable=False),
    Column("joined_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    CheckConstraint("role IN ('owner', 'maintainer', 'member')", name="organisation_members_role_check"),
)

Table(
    "organisation_invitations",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, ForeignKey("organisations.id"), nullable=False),
    Column("email", Text, nullable=False, comment="as it was given"),
    Column("email_key", Text, nullable=False, index=True, comment="as the account's"),
    Column("role", Text, nullable=False),
    Column("invited_by", Uuid, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("organisation_id", "email_key", name="organisation_invitations_email_key"),
    CheckConstraint("role IN ('owner', 'maintainer', 'member')", name="organisation_invitations_role_check"),
)

Table(
    "totp_factors",
    METADATA,
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("secret", LargeBinary, nullable=False, comment="encrypted; the key is not in the database"),
    Column("last_step", BigInteger, nullable=False, server_default=text("0"), comment="whose code was accepted last"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    Column("confirmed_at", DateTime(timezone=True), comment="null until a first code was right"),
)

Table(
    "webauthn_credentials",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("credential_id", LargeBinary, nullable=False),
    Column("public_key", LargeBinary, nullable=False, comment="COSE"),
    Column("sign_count", BigInteger, nullable=False),
    Column("transports", ARRAY(Text), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    Column("last_used_at", DateTime(timezone=True)),
    UniqueConstraint("credential_id", name="webauthn_credentials_credential_id_key"),
)

Table(
    "recovery_codes",
    METADATA,
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("code_hash", LargeBinary, primary_key=True, comment="SHA-256; a used code is deleted"),
)

outbox_table(METADATA)
