"""Settings of the catalog; only the composition root reads them."""

from pathlib import Path

from chassis.settings import DatabaseSettings, KafkaSettings, ObjectStoreSettings, OutboxRelaySettings


class MigrateSettings(DatabaseSettings):
    """What bringing the schema up to date needs: the database alone."""


class EventSettings(MigrateSettings, KafkaSettings):
    """What `work` needs."""


class RelaySettings(OutboxRelaySettings):
    """What `relay` needs."""


class ServeSettings(MigrateSettings, ObjectStoreSettings):
    """What the API needs.

    `bundle_cdn_url`, where set, is the address below which bundles are fetched by their object keys, without a slash
    at its end; else the gateway streams them from the object store. `opensearch_url` and `search_alias` say where
    plugins are searched. `change_readers_max` is how many streams and long polls of the change feed one process serves.
    """

    identity_public_key_file: Path
    bundle_cdn_url: str | None = None
    opensearch_url: str = "http://127.0.0.1:19200"
    search_alias: str = "plugins"
    change_readers_max: int = 1_000
