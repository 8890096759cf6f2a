"""Settings of each role, from the environment."""

import json
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, field_validator

from chassis.settings import DatabaseSettings, KafkaSettings, ObjectStoreSettings, OutboxRelaySettings
from contracts.trusted_publishing import MAX_ISSUER_LENGTH

MIB = 1024 * 1024


class IssuerSettings(BaseModel):
    """A platform whose jobs may publish: one of the JSON list `TRUSTED_ISSUERS`; see `TrustedIssuer`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9-]{1,50}$")
    url: str = Field(min_length=1, max_length=MAX_ISSUER_LENGTH)
    jwks_url: str
    audience: str = Field(min_length=1)
    ids: tuple[str, ...] = Field(min_length=1)
    narrowing: tuple[str, ...] = ()

    @field_validator("jwks_url")
    @classmethod
    def _is_safe(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname == "127.0.0.1"):
            return value
        raise ValueError("keys are fetched by https, or from this host")


def _read_json(value: object) -> object:
    return json.loads(value) if isinstance(value, str) else value  # as it stands in a file


class ServeSettings(DatabaseSettings, ObjectStoreSettings):
    """The role ``serve``.

    `auth_url` and `internal_token`, which auth asks for, are for making publishing tokens; `trusted_issuers` is whose
    jobs may have some.
    `retention_days` is how long files of rejected submissions are kept for an appeal; `failpoint` names the step at
    which the process kills itself, for tests only.
    """

    port: int = 18004
    identity_public_key_file: Path
    auth_url: str = "http://127.0.0.1:18001"
    internal_token: SecretStr = Field(min_length=16)
    trusted_issuers: Annotated[tuple[IssuerSettings, ...], BeforeValidator(_read_json)] = ()
    bundle_max_bytes: int = 5 * MIB
    source_map_max_bytes: int = 20 * MIB
    manifest_max_bytes: int = 256 * 1024
    retention_days: int = 30
    failpoint: str | None = None


class WorkSettings(DatabaseSettings, KafkaSettings, ObjectStoreSettings):
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
