"""Settings of each role, from the environment."""

from pathlib import Path

from chassis.settings import DatabaseSettings, ObjectStoreSettings, OutboxRelaySettings

MIB = 1024 * 1024


class ServeSettings(DatabaseSettings, ObjectStoreSettings):
    """The role ``serve``.

    `retention_days` is how long files of rejected submissions are kept for an appeal; `failpoint` names the step at
    which the process kills itself, for tests only.
    """

    port: int = 18004
    identity_public_key_file: Path
    bundle_max_bytes: int = 5 * MIB
    source_map_max_bytes: int = 20 * MIB
    manifest_max_bytes: int = 256 * 1024
    retention_days: int = 30
    failpoint: str | None = None


class WorkSettings(DatabaseSettings, ObjectStoreSettings):
    """The role ``work``.

    `lease_seconds` is how long a killed worker's submission waits for another; `scan_timeout_seconds` and
    `scan_memory_bytes` bound the scanning process; `retention_days` is how long files of rejected and refused
    submissions are kept for an appeal.
    """

    port: int = 18204
    database_pool_size: int = 4
    lease_seconds: float = 15.0
    scan_timeout_seconds: float = 30.0
    scan_memory_bytes: int = 768 * MIB
    retention_days: int = 30
    failpoint: str | None = None


class RelaySettings(OutboxRelaySettings):
    """The role ``relay``."""

    port: int = 18104


class MigrateSettings(DatabaseSettings):
    """The role ``migrate``; the URL is that of the schema's owner."""
