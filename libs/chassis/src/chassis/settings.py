"""Settings from the environment, with secrets from files.

For every field ``NAME`` the variable ``NAME_FILE`` may name a file that holds the value, which is how container
platforms hand out secrets. The variable itself wins.
"""

import os
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict


class _FileVariableSource(PydanticBaseSettingsSource):
    """Reads ``NAME_FILE``."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 - given
        path = os.environ.get(f"{field_name.upper()}_FILE")
        return (Path(path).read_text("utf-8").strip() if path else None), field_name, False

    def __call__(self) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, field in self.settings_cls.model_fields.items():
            if name.endswith("_file"):
                continue  # the field itself is a path
            value, key, _ = self.get_field_value(field, name)
            if value is not None:
                values[key] = value
        return values


class BaseServiceSettings(BaseSettings):
    """What every process reads.

    `log_level` is one of debug, info, warning, error; `host` and `port` are where it listens (loopback unless told).
    """

    model_config = SettingsConfigDict(env_file=None, extra="ignore", frozen=True)

    host: str = "127.0.0.1"
    port: int = 8000
    log_level: str = "info"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - no .env files
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - NAME_FILE serves that
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: arguments, environment, files named by the environment."""
        return init_settings, env_settings, _FileVariableSource(settings_cls)


class DatabaseSettings(BaseServiceSettings):
    """A process with a schema of its own. `database_pool_size` is connections per process."""

    database_url: SecretStr
    database_pool_size: int = 8


class KafkaSettings(BaseServiceSettings):
    """A process that speaks Kafka; `topic_prefix` stands before every topic and consumer group."""

    kafka_bootstrap_servers: str = "127.0.0.1:19092"
    topic_prefix: str = ""


class OutboxRelaySettings(DatabaseSettings, KafkaSettings):
    """A process that moves an outbox to Kafka."""


class ObjectStoreSettings(BaseServiceSettings):
    """A process that reads or writes objects."""

    s3_endpoint_url: str
    s3_access_key_id: SecretStr
    s3_secret_access_key: SecretStr
    s3_region: str = "us-east-1"
    s3_quarantine_bucket: str = "quarantine"
    s3_bundle_bucket: str = "bundles"
