"""The composition root: settings → pools → use cases → the application or the tasks of a role."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from fastapi import FastAPI

from chassis.app import create_api
from chassis.cli import print_document
from chassis.clock import SystemClock
from chassis.consumer import Consumer, Subscription
from chassis.db import Database
from chassis.identity import IdentityVerifier
from chassis.kafka import Kafka
from chassis.migrations import Migrations
from chassis.objectstore import ObjectStore
from chassis.openapi import build_openapi
from chassis.operations.command import run_events
from chassis.process import Heartbeat, Task, run_tasks
from chassis.process import serve as serve_http
from chassis.roles import run_migrate, run_relay
from chassis.settings import ObjectStoreSettings
from chassis.telemetry import configure_logging
from publishing.api import admin, developer_plugins, developer_versions, export, publishers, review, transfers
from publishing.api.dependencies import UseCases
from publishing.api.upload import UploadLimits
from publishing.clients.issuer_keys import IssuerKeys
from publishing.clients.outbound import Outbound
from publishing.clients.publishing_tokens import PublishingTokens
from publishing.clients.scanner import Scanner
from publishing.clients.submission_files import SubmissionFiles
from publishing.config import MigrateSettings, RelaySettings, ServeSettings, WorkSettings
from publishing.consumers.accounts import accounts_subscription
from publishing.consumers.organisations import organisations_subscription
from publishing.domain.trusted_publishing import TrustedIssuer
from publishing.jobs.lanes import Lane, LaneRunner
from publishing.jobs.sweep import run_sweeper
from publishing.usecases.check_submission import CheckSubmission
from publishing.usecases.claims import ClaimSubmission, ExtendClaim, PostponeClaim
from publishing.usecases.clear_files import ClearFiles, SweepUploads
from publishing.usecases.decide_submission import DecideSubmission
from publishing.usecases.erase_account import EraseAccount
from publishing.usecases.exchange_assertion import ExchangeAssertion
from publishing.usecases.export_held import ExportHeld
from publishing.usecases.failpoints import Failpoints
from publishing.usecases.follow_organisations import FollowOrganisations
from publishing.usecases.moderate_plugin import RestorePlugin, SuspendPlugin
from publishing.usecases.publishers import Publishers
from publishing.usecases.read_plugins import GetOwnPlugin, ListOwnPlugins
from publishing.usecases.read_submission import GetOwnSubmission
from publishing.usecases.register_plugin import RegisterPlugin
from publishing.usecases.release_submission import ReleaseSubmission
from publishing.usecases.review import GetReview, ListReviewQueue, LocateBundle
from publishing.usecases.submit_version import SubmitVersion
from publishing.usecases.transfer_plugin import AnswerTransfer, OfferPlugin
from publishing.usecases.update_plugin import UpdatePlugin
from publishing.usecases.withdraw_version import WithdrawVersion

SERVICE = "publishing"
MIGRATIONS_DIRECTORY = Path(__file__).resolve().parents[2] / "migrations"
DAY_SECONDS = 24 * 60 * 60

_TITLE = "Publishing"
_DESCRIPTION = "Plugins, submissions, checks, review and release of versions."
ROUTERS = (
    developer_plugins.router,
    developer_versions.router,
    publishers.router,
    transfers.router,
    review.router,
    admin.router,
    export.router,
)


def create_app(settings: ServeSettings) -> FastAPI:
    """Build the application of the role ``serve``; pools open with it and close with its lifespan."""
    url = settings.database_url.get_secret_value()
    database = Database(url=url, pool_size=settings.database_pool_size)
    migrations = Migrations(directory=MIGRATIONS_DIRECTORY, schema=SERVICE, url=url)
    verifier = IdentityVerifier(public_key_pem=settings.identity_public_key_file.read_bytes(), clock=SystemClock())

    outbound = Outbound()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await outbound.close()
        await database.close()

    app = create_api(
        title=_TITLE,
        description=_DESCRIPTION,
        routers=ROUTERS,
        identity_verifier=verifier,
        readiness={"database": migrations.readiness_check(database)},
        lifespan=lifespan,
    )
    app.state.use_cases = _use_cases(settings, database, outbound)
    return app


def _use_cases(settings: ServeSettings, database: Database, outbound: Outbound) -> UseCases:
    files = _files(settings)
    issuers = [TrustedIssuer(**issuer.model_dump()) for issuer in settings.trusted_issuers]
    failpoints = Failpoints(settings.failpoint)
    return UseCases(
        register_plugin=RegisterPlugin(database=database),
        update_plugin=UpdatePlugin(database=database),
        offer_plugin=OfferPlugin(database=database),
        answer_transfer=AnswerTransfer(database=database),
        list_own_plugins=ListOwnPlugins(database=database),
        get_own_plugin=GetOwnPlugin(database=database),
        submit_version=SubmitVersion(database=database, files=files, failpoints=failpoints),
        withdraw_version=WithdrawVersion(database=database),
        get_own_submission=GetOwnSubmission(database=database),
        list_review_queue=ListReviewQueue(database=database),
        get_review=GetReview(database=database),
        locate_bundle=LocateBundle(database=database, files=files),
        decide_submission=DecideSubmission(
            database=database, retention_seconds=settings.retention_days * DAY_SECONDS, failpoints=failpoints
        ),
        suspend_plugin=SuspendPlugin(database=database),
        restore_plugin=RestorePlugin(database=database),
        publishers=Publishers(database=database, issuers=issuers),
        exchange_assertion=ExchangeAssertion(
            database=database,
            issuers=issuers,
            keys=IssuerKeys(outbound=outbound),
            tokens=PublishingTokens(
                outbound=outbound,
                auth_url=settings.auth_url,
                internal_token=settings.internal_token.get_secret_value(),
            ),
            clock=SystemClock(),
        ),
        export_held=ExportHeld(database=database),
        upload_limits=UploadLimits(
            bundle_bytes=settings.bundle_max_bytes,
            source_map_bytes=settings.source_map_max_bytes,
            manifest_bytes=settings.manifest_max_bytes,
        ),
    )


def _files(settings: ObjectStoreSettings) -> SubmissionFiles:
    bucket = partial(
        ObjectStore,
        endpoint_url=settings.s3_endpoint_url,
        region=settings.s3_region,
        access_key_id=settings.s3_access_key_id,
        secret_access_key=settings.s3_secret_access_key,
    )
    return SubmissionFiles(
        quarantine=bucket(bucket=settings.s3_quarantine_bucket), bundles=bucket(bucket=settings.s3_bundle_bucket)
    )


def make_lanes(settings: WorkSettings, database: Database, scanner: Scanner) -> tuple[LaneRunner, list[Lane]]:
    """Build the worker's loops.

    Returns
    -------
    tuple
        The runner, and the lanes: checking, releasing (looked at most often, since people wait for it), clearing.
    """
    files = _files(settings)
    failpoints = Failpoints(settings.failpoint)
    retention_seconds = settings.retention_days * DAY_SECONDS
    check = CheckSubmission(
        database=database,
        files=files,
        scanner=scanner,
        retention_seconds=retention_seconds,
        failpoints=failpoints,
    )
    release = ReleaseSubmission(
        database=database, files=files, retention_seconds=retention_seconds, failpoints=failpoints
    )
    clear = ClearFiles(database=database, files=files, failpoints=failpoints)
    runner = LaneRunner(
        claim=ClaimSubmission(database=database, lease_seconds=settings.lease_seconds, failpoints=failpoints),
        extend=ExtendClaim(database=database, lease_seconds=settings.lease_seconds),
        postpone=PostponeClaim(database=database),
        lease_seconds=settings.lease_seconds,
    )
    return runner, [
        Lane(name="release", statuses=("approved",), process=release, idle_seconds=0.08),
        Lane(name="check", statuses=("received", "scanning", "held"), process=check, idle_seconds=0.25),
        Lane(name="clear", statuses=("published", "rejected", "refused", "withdrawn"), process=clear, idle_seconds=1.0),
    ]


def make_sweep(settings: WorkSettings, database: Database) -> SweepUploads:
    """Build what removes files of abandoned uploads."""
    return SweepUploads(database=database, files=_files(settings))


def make_subscriptions(database: Database) -> list[Subscription]:
    """Build what the worker reads of other services."""
    erase = EraseAccount(database=database)
    return [
        accounts_subscription(erase),
        organisations_subscription(FollowOrganisations(database=database, erase=erase)),
    ]


def serve(_arguments: list[str]) -> None:
    """Serve the API."""
    settings = ServeSettings()
    configure_logging(settings.log_level)
    serve_http(create_app(settings), host=settings.host, port=settings.port)


def work(_arguments: list[str]) -> None:
    """Check, release and clear submissions; erase accounts that are no more, and follow organisations."""
    settings = WorkSettings()
    configure_logging(settings.log_level)
    url = settings.database_url.get_secret_value()
    database = Database(url=url, pool_size=settings.database_pool_size)
    migrations = Migrations(directory=MIGRATIONS_DIRECTORY, schema=SERVICE, url=url)
    scanner = Scanner(timeout_seconds=settings.scan_timeout_seconds, memory_bytes=settings.scan_memory_bytes)
    runner, lanes = make_lanes(settings, database, scanner)
    beats = [Heartbeat() for _ in lanes]
    sweep_heartbeat = Heartbeat()
    sweep = make_sweep(settings, database)
    kafka = Kafka(bootstrap_servers=settings.kafka_bootstrap_servers, prefix=settings.topic_prefix)
    consuming = [(each, Heartbeat()) for each in make_subscriptions(database)]
    consumers = {
        each.group: Task(Consumer(kafka=kafka, subscription=each, heartbeat=beat).run, beat) for each, beat in consuming
    }
    run_tasks(
        {
            **consumers,
            **{lane.name: Task(partial(runner.run, lane, beat), beat) for lane, beat in zip(lanes, beats, strict=True)},
            "sweep": Task(partial(run_sweeper, sweep, sweep_heartbeat), sweep_heartbeat),
        },
        host=settings.host,
        port=settings.port,
        readiness={"database": migrations.readiness_check(database)},
        close=database.close,
    )


def events(arguments: list[str]) -> None:
    """Look after the events: lag, dead letters, replays, the outbox."""
    settings = RelaySettings()
    database = Database(url=settings.database_url.get_secret_value(), pool_size=settings.database_pool_size)
    run_events(
        SERVICE,
        arguments,
        settings=settings,
        groups=make_subscriptions(database),
        database_url=settings.database_url,
    )


def relay(_arguments: list[str]) -> None:
    """Move the outbox to Kafka."""
    run_relay(RelaySettings(), schema=SERVICE, migrations_directory=MIGRATIONS_DIRECTORY)


def migrate(_arguments: list[str]) -> None:
    """Bring the schema to the newest revision."""
    run_migrate(MigrateSettings(), schema=SERVICE, migrations_directory=MIGRATIONS_DIRECTORY)


def openapi(_arguments: list[str]) -> None:
    """Print the API document; needs no server and no settings."""
    app = create_api(title=_TITLE, description=_DESCRIPTION, routers=ROUTERS, identity_verifier=None, readiness={})
    print_document(build_openapi(app, service=SERVICE))
