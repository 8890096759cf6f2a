"""Kafka topics: name, key, partitions, retention, who writes and who reads.

A topic's name ends in its major version; a breaking change is a new topic beside the old one.
"""

from dataclasses import dataclass
from typing import Literal

DAY_MS = 24 * 60 * 60 * 1000
DEAD_LETTER_SUFFIX = ".dlq"
DEAD_LETTER_RETENTION_MS = 30 * DAY_MS
"""A month: long enough for a holiday before somebody looks at what failed."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic as it is created and documented.

    Parameters
    ----------
    name
        Without the deployment's prefix, such as ``plugins.v1``.
    purpose
        One sentence for the reader of the event documentation.
    key
        What the record key is; order holds within a key only.
    producer
        The one service that writes it.
    consumers
        Our own services that read it; others may too.
    partitions
        Number of partitions; never lowered, raising it moves keys.
    cleanup
        ``delete`` keeps records for `retention_ms`; ``compact`` keeps the last record of each key.
    retention_ms
        Milliseconds; -1 keeps for ever.
    """

    name: str
    purpose: str
    key: str
    producer: str
    consumers: tuple[str, ...]
    partitions: int = 6
    cleanup: Literal["delete", "compact"] = "delete"
    retention_ms: int = 14 * DAY_MS

    @property
    def dead_letters(self) -> str:
        """Name of the topic that takes messages no consumer could apply."""
        return self.name + DEAD_LETTER_SUFFIX


ACCOUNTS = Topic(
    name="accounts.v1",
    purpose="Accounts registered, made developers, and anonymous owners claimed by an account.",
    key="user id",
    producer="auth",
    consumers=("installs",),
)
PLUGINS = Topic(
    name="plugins.v1",
    purpose="Every change of a plugin and its published versions, in one order per plugin.",
    key="plugin id",
    producer="publishing",
    consumers=("catalog", "installs"),
)
INSTALLS = Topic(
    name="installs.v1",
    purpose="Installs created, changed and removed.",
    key="owner id ':' plugin id",
    producer="installs",
    consumers=("catalog",),
)
REVIEWS = Topic(
    name="reviews.v1",
    purpose="Reviews posted, changed and removed.",
    key="plugin id",
    producer="catalog",
    consumers=(),
)
PLUGIN_DOCUMENTS = Topic(
    name="plugin-documents.v1",
    purpose="The whole public document of each plugin; a null value when it is gone.",
    key="plugin id",
    producer="catalog",
    consumers=("search-indexer",),
    cleanup="compact",
    retention_ms=-1,
)

TOPICS: tuple[Topic, ...] = (ACCOUNTS, INSTALLS, PLUGIN_DOCUMENTS, PLUGINS, REVIEWS)
"""All topics, by name."""
