"""Reads the compacted topic of plugin documents."""

from chassis.consumer import Subscription
from chassis.consumer_group import ConsumerGroup
from contracts.topics import PLUGIN_DOCUMENTS
from search_indexer.domain.generations import GROUP, Generation
from search_indexer.usecases.apply_documents import ApplyDocuments

DOCUMENTS = ConsumerGroup(group=GROUP, topics=(PLUGIN_DOCUMENTS.name,), has_generations=True)
"""All generations of the index together."""

BATCH_RECORDS = 2_000
"""At most four refreshes a second, so 8,000 documents a second when an index is filled."""


def documents_subscription(generation: Generation, apply: ApplyDocuments) -> Subscription:
    """Subscribe one generation of the index."""
    return Subscription(
        group=generation.group,
        topics=(PLUGIN_DOCUMENTS.name,),
        handler=apply.execute,
        max_records=BATCH_RECORDS,
    )
