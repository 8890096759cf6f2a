"""Reads the compacted topic of plugin documents."""

from chassis.consumer import Subscription
from chassis.consumer_group import ConsumerGroup
from contracts.topics import PLUGIN_DOCUMENTS
from search_indexer.usecases.apply_documents import ApplyDocuments

GROUP = "search-indexer.documents"
DOCUMENTS = ConsumerGroup(group=GROUP, topics=(PLUGIN_DOCUMENTS.name,), has_generations=True)
"""All lives of the index together."""

BATCH_RECORDS = 2_000
"""At most four refreshes a second, so 8,000 documents a second when an index is filled."""


def documents_group(generation: str) -> str:
    """Name the consumer group of one life of the index.

    An index that was created anew, because it was lost or its mapping changed, is a new group, which reads the topic
    from its beginning. Offsets of former ones expire in Kafka.
    """
    return f"{GROUP}.{generation}"


def documents_subscription(*, apply: ApplyDocuments, generation: str) -> Subscription:
    """Subscribe one life of the index."""
    return Subscription(
        group=documents_group(generation),
        topics=(PLUGIN_DOCUMENTS.name,),
        handler=apply.execute,
        max_records=BATCH_RECORDS,
    )
