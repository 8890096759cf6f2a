"""What `contracts.readers` says of our own consumers is what they do with the examples, on real servers."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import uuid4

import pytest

from catalog.consumers.accounts import accounts_subscription as catalog_accounts
from catalog.consumers.changes import changes_subscription
from catalog.consumers.installs import installs_subscription
from catalog.consumers.plugins import plugins_subscription as catalog_plugins
from catalog.usecases.apply_plugin_changes import ApplyPluginChanges
from catalog.usecases.count_installs import CountInstalls
from catalog.usecases.erase_account import EraseAccount as CatalogErasure
from catalog.usecases.record_changes import RecordChanges
from chassis.clock import SystemClock
from chassis.consumer import Subscription
from chassis.db import Database
from contracts.envelope import Event
from contracts.events.registry import EVENTS
from contracts.examples import example_event
from contracts.readers import READERS, Reader
from contracts.topics import TOPICS
from installs.consumers.accounts import accounts_subscription
from installs.consumers.plugins import plugins_subscription as installs_plugins
from installs.usecases.claim_installs import ClaimInstalls
from installs.usecases.erase_owners import EraseOwners
from installs.usecases.learn_plugins import LearnPlugins
from publishing.consumers.accounts import accounts_subscription as publishing_accounts
from publishing.consumers.organisations import organisations_subscription
from publishing.usecases.erase_account import EraseAccount as PublishingErasure
from publishing.usecases.follow_organisations import FollowOrganisations
from search_indexer.clients.purges import CachePurges
from search_indexer.consumers.documents import documents_subscription
from search_indexer.storage.connection import connect
from search_indexer.storage.index_setup import IndexSetup
from search_indexer.storage.plugin_index import PluginIndex
from search_indexer.usecases.apply_documents import ApplyDocuments
from testkit.databases import SessionDatabase
from testkit.reads import recorded_reads


@asynccontextmanager
async def documents(opensearch_url: str, alias: str, redis_url: str) -> AsyncIterator[Subscription]:
    purges = CachePurges(url=redis_url)
    try:
        async with connect(opensearch_url) as client:
            setup = IndexSetup(client=client, alias=alias)
            await setup.create(1)
            (generation,) = (await setup.find_state()).generations
            apply = ApplyDocuments(index=PluginIndex(client=client, index=generation.index), purges=purges)
            yield documents_subscription(generation, apply)
    finally:
        await purges.close()


@pytest.fixture
async def subscriptions(
    database_for: SessionDatabase, opensearch_url: str, index_prefix: str, redis_url: str
) -> AsyncIterator[list[Subscription]]:
    catalog = Database(url=database_for("catalog"), pool_size=2)
    installs = Database(url=database_for("installs"), pool_size=2)
    publishing = Database(url=database_for("publishing"), pool_size=2)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(catalog.close)
        stack.push_async_callback(installs.close)
        stack.push_async_callback(publishing.close)
        yield [
            catalog_accounts(CatalogErasure(database=catalog)),
            publishing_accounts(PublishingErasure(database=publishing)),
            organisations_subscription(
                FollowOrganisations(database=publishing, erase=PublishingErasure(database=publishing))
            ),
            changes_subscription(RecordChanges(database=catalog, clock=SystemClock())),
            installs_subscription(CountInstalls(database=catalog)),
            catalog_plugins(ApplyPluginChanges(database=catalog)),
            accounts_subscription(ClaimInstalls(database=installs), EraseOwners(database=installs)),
            installs_plugins(LearnPlugins(database=installs)),
            await stack.enter_async_context(documents(opensearch_url, f"{index_prefix}{uuid4().hex[:8]}", redis_url)),
        ]


def events_of(topic: str, plugin_id: str) -> list[Event]:
    """Give the examples of a topic as the events of a plugin of this test's own, in their order."""
    found = [example_event(name, plugin_id=plugin_id) for name, event in EVENTS.items() if event.topic == topic]
    return sorted(found, key=lambda event: event.sequence)


async def test_our_consumers_apply_and_use_what_they_declare(subscriptions: list[Subscription]) -> None:
    for reader in READERS:
        (subscription,) = (each for each in subscriptions if is_of(reader, each))
        assert set(subscription.topics) == {each.topic for each in READERS if each.group == reader.group}
        used: dict[str, frozenset[str]] = {}
        for event in events_of(reader.topic, f"p-{uuid4().hex[:12]}"):
            with recorded_reads(EVENTS[event.type]) as read:
                await subscription.handler([event])
            if read:
                used[event.type] = frozenset(read)
        assert used == {name: fields for name, fields in reader.events.items() if fields}, reader.group


def is_of(reader: Reader, subscription: Subscription) -> bool:
    """Say whether a subscription is of a declared group, or of a generation of it."""
    return subscription.group == reader.group or subscription.group.startswith(f"{reader.group}.")


def test_every_consumer_of_a_topic_has_declared_what_it_reads() -> None:
    declared = {(reader.topic, reader.group.split(".")[0]) for reader in READERS}
    assert declared == {(topic.name, service) for topic in TOPICS for service in topic.consumers}
