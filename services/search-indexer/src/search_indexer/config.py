"""Settings of the search indexer; only the composition root reads them."""

from pydantic import SecretStr

from chassis.settings import BaseServiceSettings, KafkaSettings
from contracts.search_index import DEFAULT_ALIAS


class IndexSettings(BaseServiceSettings):
    """Where the index is: the address of OpenSearch, and the alias under which the catalog reads."""

    opensearch_url: str = "http://127.0.0.1:19200"
    search_alias: str = DEFAULT_ALIAS


class EventSettings(KafkaSettings):
    """What looking after the events needs."""


class VerifySettings(IndexSettings, KafkaSettings):
    """What comparing the index with its topic needs."""


class WorkSettings(VerifySettings):
    """What keeping the index needs; `redis_url` is where caches listen for purges."""

    redis_url: SecretStr
