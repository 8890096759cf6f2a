"""Composition root: settings -> database, object store, search -> use cases -> API, consumers, jobs."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI

from catalog.api import changes, export, files, plugins, reviews, versions
from catalog.api.browse import browse_router
from catalog.api.dependencies import UseCases
from catalog.config import EventSettings, MigrateSettings, RelaySettings, ServeSettings
from catalog.consumers.accounts import accounts_subscription
from catalog.consumers.changes import changes_subscription
from catalog.consumers.installs import installs_subscription
from catalog.consumers.plugins import plugins_subscription
from catalog.jobs.changes import changes_job
from catalog.jobs.counts import counts_job
from catalog.jobs.inbox import inbox_job
from catalog.storage.search import PluginSearch
from catalog.usecases.apply_plugin_changes import ApplyPluginChanges
from catalog.usecases.browse import BrowsePlugins
from catalog.usecases.count_installs import CountInstalls
from catalog.usecases.emit_changed_counts import EmitChangedCounts
from catalog.usecases.erase_account import EraseAccount
from catalog.usecases.export_reviews import ExportReviews
from catalog.usecases.forget_old_events import ForgetOldEvents
from catalog.usecases.list_categories import ListCategories
from catalog.usecases.locate_file import LocateFile
from catalog.usecases.prune_changes import PruneChanges
from catalog.usecases.read_changes import ReadChanges
from catalog.usecases.read_plugin import ReadPlugin
from catalog.usecases.read_reviews import ListReviews, ReadOwnReview
from catalog.usecases.read_versions import ListVersions, ReadVersion
from catalog.usecases.record_changes import RecordChanges
from catalog.usecases.republish_documents import RepublishDocuments
from catalog.usecases.write_reviews import PostReview, RemoveReview
from chassis.app import create_api
from chassis.cli import print_document
from chassis.clock import Clock, SystemClock
from chassis.consumer import Subscription
from chassis.db import Database
from chassis.health import Check
from chassis.identity import IdentityVerifier
from chassis.migrations import Migrations
from chassis.objectstore import ObjectStore
from chassis.openapi import build_openapi
from chassis.operations.command import run_events
from chassis.operations.rebuild import projection_rebuild
from chassis.process import Heartbeat, Task
from chassis.process import serve as serve_app
from chassis.roles import run_migrate, run_relay, run_work
from chassis.telemetry import configure_logging

SCHEMA = "catalog"
MIGRATIONS_DIRECTORY = Path(__file__).resolve().parents[2] / "migrations"

TITLE = "Catalog"
DESCRIPTION = "Plugins as everybody may see them: listings, search, versions, bundles, reviews."
ROUTERS = (browse_router, plugins.router, versions.router, files.router, reviews.router, export.router, changes.router)


def create_app(settings: ServeSettings, *, clock: Clock | None = None) -> FastAPI:
    """Build the API; its pools open with the first request and close with the application's lifespan."""
    database = _database(settings)
    search = PluginSearch(url=settings.opensearch_url, alias=settings.search_alias)
    present = clock or SystemClock()
    read_changes = ReadChanges(database=database, clock=present, max_readers=settings.change_readers_max)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await read_changes.watch.aclose()
        await search.close()
        await database.close()

    app = create_api(
        title=TITLE,
        description=DESCRIPTION,
        routers=ROUTERS,
        identity_verifier=IdentityVerifier(
            public_key_pem=settings.identity_public_key_file.read_bytes(), clock=present
        ),
        readiness=_readiness(settings, database),
        lifespan=lifespan,
    )
    app.state.browse = BrowsePlugins(database=database, search=search)
    app.state.read_changes = read_changes
    app.state.use_cases = _use_cases(settings, database=database, clock=present)
    return app


def _use_cases(settings: ServeSettings, *, database: Database, clock: Clock) -> UseCases:
    bundles = ObjectStore(
        endpoint_url=settings.s3_endpoint_url,
        region=settings.s3_region,
        access_key_id=settings.s3_access_key_id,
        secret_access_key=settings.s3_secret_access_key,
        bucket=settings.s3_bundle_bucket,
    )
    return UseCases(
        list_categories=ListCategories(database=database),
        read_plugin=ReadPlugin(database=database),
        list_versions=ListVersions(database=database),
        read_version=ReadVersion(database=database),
        locate_file=LocateFile(database=database, bundles=bundles, cdn_url=settings.bundle_cdn_url),
        list_reviews=ListReviews(database=database),
        read_own_review=ReadOwnReview(database=database),
        post_review=PostReview(database=database, clock=clock),
        remove_review=RemoveReview(database=database, clock=clock),
        export_reviews=ExportReviews(database=database),
    )


def serve(_arguments: list[str]) -> None:
    """Serve the API until a signal ends it."""
    settings = ServeSettings()
    configure_logging(settings.log_level)
    app = create_app(settings)
    read_changes: ReadChanges = app.state.read_changes
    serve_app(app, host=settings.host, port=settings.port, on_stop=read_changes.watch.stop)


def work(_arguments: list[str]) -> None:
    """Consume events and emit changed counts until a signal ends it."""
    settings = EventSettings()
    database = _database(settings)
    heartbeat = Heartbeat()
    run_work(
        settings,
        subscriptions=_subscriptions(database),
        jobs={
            "catalog.counts": Task(counts_job(EmitChangedCounts(database=database), heartbeat=heartbeat), heartbeat),
            "catalog.change-pruning": Task(changes_job(PruneChanges(database=database))),
            "catalog.inbox": Task(inbox_job(ForgetOldEvents(database=database))),
        },
        readiness=_readiness(settings, database),
        close=database.close,
    )


def events(arguments: list[str]) -> None:
    """Look after the events: lag, dead letters, replays, rebuilds, the outbox."""
    settings = EventSettings()
    database = _database(settings)
    plugins = plugins_subscription(ApplyPluginChanges(database=database, is_rebuild=True))
    run_events(
        SCHEMA,
        arguments,
        settings=settings,
        groups=_subscriptions(database),
        rebuilds={plugins.group: projection_rebuild(plugins, close=database.close)},
        database_url=settings.database_url,
    )


def relay(_arguments: list[str]) -> None:
    """Move the outbox to Kafka until a signal ends it."""
    run_relay(RelaySettings(), schema=SCHEMA, migrations_directory=MIGRATIONS_DIRECTORY)


def migrate(_arguments: list[str]) -> None:
    """Bring the schema up to date; a repeat does nothing."""
    run_migrate(MigrateSettings(), schema=SCHEMA, migrations_directory=MIGRATIONS_DIRECTORY)


def openapi(_arguments: list[str]) -> None:
    """Print the API document; asks no server and no environment."""
    app = create_api(title=TITLE, description=DESCRIPTION, routers=ROUTERS, identity_verifier=None, readiness={})
    print_document(build_openapi(app, service=SCHEMA))


def republish_documents(_arguments: list[str]) -> None:
    """Write every plugin's document into the outbox again, to build the search index anew."""
    settings = MigrateSettings()
    configure_logging(settings.log_level)
    asyncio.run(_republish_documents(settings))


async def _republish_documents(settings: MigrateSettings) -> None:
    database = _database(settings)
    use_case = RepublishDocuments(database=database)
    try:
        events, after = 0, ""
        while (batch := await use_case.republish(after=after)).last_id is not None:
            events, after = events + batch.events, batch.last_id
            sys.stderr.write(f"{events} documents, up to {after}\n")
    finally:
        await database.close()
    sys.stderr.write(f"{events} documents are in the outbox; the relay sends them\n")


def _database(settings: MigrateSettings) -> Database:
    return Database(url=settings.database_url.get_secret_value(), pool_size=settings.database_pool_size)


def _subscriptions(database: Database) -> tuple[Subscription, ...]:
    return (
        accounts_subscription(EraseAccount(database=database)),
        plugins_subscription(ApplyPluginChanges(database=database)),
        installs_subscription(CountInstalls(database=database)),
        changes_subscription(RecordChanges(database=database, clock=SystemClock())),
    )


def _migrations(settings: MigrateSettings) -> Migrations:
    url = settings.database_url.get_secret_value()
    return Migrations(directory=MIGRATIONS_DIRECTORY, schema=SCHEMA, url=url)


def _readiness(settings: MigrateSettings, database: Database) -> dict[str, Check]:
    return {"database": database.ping, "migrations": _migrations(settings).readiness_check(database)}


ROLES: dict[str, Callable[[list[str]], None]] = {
    "serve": serve,
    "work": work,
    "relay": relay,
    "events": events,
    "migrate": migrate,
    "openapi": openapi,
    "republish-documents": republish_documents,
}
