"""What each role reads from the environment."""

from pathlib import Path

from chassis.settings import DatabaseSettings, KafkaSettings, OutboxRelaySettings


class ServeSettings(DatabaseSettings):
    """The HTTP server; `identity_public_key_file` is auth's Ed25519 public key in PEM."""

    identity_public_key_file: Path


class WorkSettings(DatabaseSettings, KafkaSettings):
    """The consumers."""


class RelaySettings(OutboxRelaySettings):
    """The relay of the outbox."""


class MigrateSettings(DatabaseSettings):
    """The migrations."""
