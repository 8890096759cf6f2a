"""Kafka topics: name, key, partitions, retention, who writes and who reads.

A topic's name ends in its major version; a breaking change is a new topic beside the old one. Whoever creates topics
takes `TopicSpecification`s from `specifications`, so that what is documented is what is set.
"""

from dataclasses import dataclass
from typing import Literal

HOUR_MS = 60 * 60 * 1000
DAY_MS = 24 * HOUR_MS
FOR_EVER = -1

DEAD_LETTER_SUFFIX = ".dlq"
DEAD_LETTER_RETENTION_MS = 30 * DAY_MS
"""A month: long enough for a holiday before somebody looks at what failed."""

DEAD_LETTER_RETENTION_BYTES = 1024**3
"""About 300,000 letters of 3 kB; a producer gone wrong must not fill the disks that good events need."""

MAX_MESSAGE_BYTES = 2 * 1024 * 1024
"""A manifest of 256 KiB and a changelog of 64 KiB, escaped as JSON at its worst, and the rest of a version."""

TOMBSTONE_RETENTION_MS = 7 * DAY_MS
"""Who reads a compacted topic from its beginning must reach its end in less, or may miss that a key is gone."""

COMPACTION_LAG_MS = HOUR_MS
"""A reader less than an hour behind sees every document, not only the last. A week of it would be 240 GB at 200 a
second."""

COMPACTION_AT_MOST_MS = 7 * DAY_MS
"""What was replaced or removed leaves the disk after this time even where little is written."""


@dataclass(frozen=True, slots=True)
class TopicSpecification:
    """What a topic is created with.

    Parameters
    ----------
    name
        Without the deployment's prefix.
    partitions
        Number of partitions.
    settings
        Kafka's topic settings. Replication is the deployment's: replication factor and ``min.insync.replicas``.
    """

    name: str
    partitions: int
    settings: dict[str, str]


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
    retention_reason
        Why records are kept as long as `retention_ms` says.
    partitions
        Number of partitions; never changed, because that moves keys and so breaks their order.
    cleanup
        ``delete`` keeps records for `retention_ms`; ``compact`` keeps the last record of each key.
    retention_ms
        Milliseconds; `FOR_EVER`.
    """

    name: str
    purpose: str
    key: str
    producer: str
    consumers: tuple[str, ...]
    retention_reason: str
    partitions: int = 6
    cleanup: Literal["delete", "compact"] = "delete"
    retention_ms: int = 14 * DAY_MS

    @property
    def dead_letters(self) -> str:
        """Name of the topic that takes messages no consumer could apply."""
        return self.name + DEAD_LETTER_SUFFIX

    @property
    def settings(self) -> dict[str, str]:
        """Kafka's settings of the topic, all that we depend on and no others."""
        settings = {
            "cleanup.policy": self.cleanup,
            "max.message.bytes": str(MAX_MESSAGE_BYTES),
            "retention.bytes": "-1",
            "retention.ms": str(self.retention_ms),
        }
        if self.cleanup == "compact":
            settings |= {
                "delete.retention.ms": str(TOMBSTONE_RETENTION_MS),
                "max.compaction.lag.ms": str(COMPACTION_AT_MOST_MS),
                "min.compaction.lag.ms": str(COMPACTION_LAG_MS),
            }
        return settings

    @property
    def specifications(self) -> tuple[TopicSpecification, TopicSpecification]:
        """The topic and its dead letters."""
        dead_letters = {
            "cleanup.policy": "delete",
            # The original and what says why it failed.
            "max.message.bytes": str(2 * MAX_MESSAGE_BYTES),
            "retention.bytes": str(DEAD_LETTER_RETENTION_BYTES),
            "retention.ms": str(DEAD_LETTER_RETENTION_MS),
        }
        return (
            TopicSpecification(self.name, self.partitions, self.settings),
            TopicSpecification(self.dead_letters, 1, dead_letters),
        )


ACCOUNTS = Topic(
    name="accounts.v1",
    purpose="Accounts registered, made developers and deleted; anonymous owners claimed by an account, or expired.",
    key="user id",
    producer="auth",
    consumers=("catalog", "installs", "publishing"),
    retention_reason="A consumer may be away for two weeks; personal data is not kept longer than that.",
)
ORGANISATIONS = Topic(
    name="organisations.v1",
    purpose="Organisations renamed, and deleted, with the account that gets what they owned.",
    key="organisation id",
    producer="auth",
    consumers=("publishing",),
    retention_reason="A consumer may be away for two weeks; an heir's name is personal data and not kept longer.",
)
PLUGINS = Topic(
    name="plugins.v1",
    purpose="Every change of a plugin and its published versions, in one order per plugin.",
    key="plugin id",
    producer="publishing",
    consumers=("catalog", "installs"),
    retention_reason="10,000 plugins of 20 versions are less than 1 GB, and projections can be rebuilt from it.",
    retention_ms=FOR_EVER,
)
INSTALLS = Topic(
    name="installs.v1",
    purpose="Installs created, changed and removed.",
    key="owner id ':' plugin id",
    producer="installs",
    consumers=("catalog",),
    retention_reason="A consumer may be away for two weeks; the volume is that of what people do.",
)
REVIEWS = Topic(
    name="reviews.v1",
    purpose="Reviews posted, changed and removed.",
    key="plugin id",
    producer="catalog",
    consumers=("catalog",),
    retention_reason="A consumer may be away for two weeks; what people wrote and withdrew is not kept longer.",
)
PLUGIN_DOCUMENTS = Topic(
    name="plugin-documents.v1",
    purpose="The whole public document of each plugin; a null value when it is gone.",
    key="plugin id",
    producer="catalog",
    consumers=("catalog", "search-indexer"),
    retention_reason="The last document of each plugin stays, so that a new consumer starts with all of them.",
    cleanup="compact",
    retention_ms=FOR_EVER,
)

TOPICS: tuple[Topic, ...] = (ACCOUNTS, INSTALLS, ORGANISATIONS, PLUGIN_DOCUMENTS, PLUGINS, REVIEWS)
"""All topics, by name."""
