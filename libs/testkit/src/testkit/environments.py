"""The whole environment of a service, pointing at a test session's own data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from platform_local.postgres_roles import SERVICE_ROLES
from testkit.databases import SessionDatabase
from testkit.identities import IdentityKeys
from testkit.stores import S3Settings

MAIL_VARIABLES = {
    "SMTP_HOST": "127.0.0.1",
    "SMTP_PORT": "1",  # nobody listens there; tests of mails name a mail box of their own
    "SMTP_TLS": "none",
    "MAIL_FROM": "Plugin Platform <no-reply@example.org>",
    "PUBLIC_ORIGIN": "http://127.0.0.1:8080",
}
"""What the relay of auth needs besides."""

_WIDENED = (
    "registration-address",
    "registration-total",
    "mail-account",
    "mail-address",
    "invitation-account",
    "invitation-total",
)


@dataclass(frozen=True)
class ServiceEnvironment:
    """``service_environment("catalog")``: every variable that service reads, secrets only where they belong.

    Addresses of other services are not among them: tests that run several add those themselves.
    """

    database: SessionDatabase
    redis_url: str
    kafka_bootstrap_servers: str
    topic_prefix: str
    opensearch_url: str
    index_prefix: str
    s3_settings: S3Settings
    identity_keys: IdentityKeys
    internal_token_file: Path
    second_factor_key_file: Path

    def __call__(self, service: str) -> dict[str, str]:
        """Return a new mapping; a service that owns a schema has its migrations applied."""
        variables = {
            "HOST": "127.0.0.1",
            "LOG_LEVEL": "warning",
            "REDIS_URL": self.redis_url,
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka_bootstrap_servers,
            "TOPIC_PREFIX": self.topic_prefix,
            "OPENSEARCH_URL": self.opensearch_url,
            "SEARCH_ALIAS": f"{self.index_prefix}plugins",
            "IDENTITY_PUBLIC_KEY_FILE": str(self.identity_keys.public_key_file),
            **self.s3_settings.environment(),
        }
        if service in SERVICE_ROLES:
            variables["DATABASE_URL"] = self.database(service)
        if service == "auth":
            variables["IDENTITY_PRIVATE_KEY_FILE"] = str(self.identity_keys.private_key_file)
            variables["SECOND_FACTOR_KEY_FILE"] = str(self.second_factor_key_file)
            variables["COOKIE_SECURE"] = "false"
            variables["REGISTRATION"] = "open"
            variables |= MAIL_VARIABLES
            # Everybody comes from one address.
            variables["LIMITS"] = " ".join(f"{name}=100000/60" for name in _WIDENED)
        if service in {"auth", "gateway", "publishing"}:
            variables["INTERNAL_TOKEN_FILE"] = str(self.internal_token_file)
        return variables
