"""The composition root: settings → pools → use cases → application, consumers, relay."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI

from chassis import process
from chassis.app import create_api
from chassis.cli import print_document
from chassis.clock import SystemClock
from chassis.consumer import Subscription
from chassis.db import Database
from chassis.identity import IdentityVerifier
from chassis.migrations import Migrations
from chassis.openapi import build_openapi
from chassis.operations.command import run_events
from chassis.operations.rebuild import projection_rebuild
from chassis.roles import run_migrate, run_relay, run_work
from chassis.settings import DatabaseSettings
from chassis.telemetry import configure_logging
from installs.api import export
from installs.api.dependencies import UseCases
from installs.api.installs import router
from installs.config import MigrateSettings, RelaySettings, ServeSettings, WorkSettings
from installs.consumers.accounts import accounts_subscription
from installs.consumers.plugins import plugins_subscription
from installs.usecases.change_install import ChangeInstall
from installs.usecases.claim_installs import ClaimInstalls
from installs.usecases.erase_owners import EraseOwners
from installs.usecases.install_plugin import InstallPlugin
from installs.usecases.learn_plugins import LearnPlugins
from installs.usecases.read_installs import ReadInstalls
from installs.usecases.remove_install import RemoveInstall

SERVICE = "installs"
TITLE = "Installs"
DESCRIPTION = "What users and visitors have installed, and how it is set."
MIGRATIONS_DIRECTORY = Path(__file__).resolve().parents[2] / "migrations"
ROUTERS = (router, export.router)


def build_app(settings: ServeSettings) -> FastAPI:
    """Build the application with its pools; they open with the first query and close with the application."""
    database = _database(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await database.close()

    app = create_api(
        title=TITLE,
        description=DESCRIPTION,
        routers=ROUTERS,
        identity_verifier=IdentityVerifier(
            public_key_pem=settings.identity_public_key_file.read_bytes(), clock=SystemClock()
        ),
        readiness={"database": migrations(settings).readiness_check(database)},
        lifespan=lifespan,
    )
    app.state.use_cases = UseCases(
        read=ReadInstalls(database=database),
        install=InstallPlugin(database=database),
        change=ChangeInstall(database=database),
        remove=RemoveInstall(database=database),
    )
    return app


def serve(_arguments: list[str]) -> None:
    """Serve the API."""
    settings = ServeSettings()
    configure_logging(settings.log_level)
    process.serve(build_app(settings), host=settings.host, port=settings.port)


def work(_arguments: list[str]) -> None:
    """Consume plugins and accounts."""
    settings = WorkSettings()
    database = _database(settings)
    run_work(
        settings,
        subscriptions=_subscriptions(database),
        readiness={"database": migrations(settings).readiness_check(database)},
        close=database.close,
    )


def events(arguments: list[str]) -> None:
    """Look after the events: lag, dead letters, replays, rebuilds, the outbox."""
    settings = WorkSettings()
    database = _database(settings)
    plugins = plugins_subscription(LearnPlugins(database=database, is_rebuild=True))
    run_events(
        SERVICE,
        arguments,
        settings=settings,
        groups=_subscriptions(database),
        rebuilds={plugins.group: projection_rebuild(plugins, close=database.close)},
        database_url=settings.database_url,
    )


def relay(_arguments: list[str]) -> None:
    """Relay the outbox."""
    run_relay(RelaySettings(), schema=SERVICE, migrations_directory=MIGRATIONS_DIRECTORY)


def migrate(_arguments: list[str]) -> None:
    """Bring the schema up to date."""
    run_migrate(MigrateSettings(), schema=SERVICE, migrations_directory=MIGRATIONS_DIRECTORY)


def openapi(_arguments: list[str]) -> None:
    """Print the API document; needs no servers."""
    app = create_api(title=TITLE, description=DESCRIPTION, routers=ROUTERS, identity_verifier=None, readiness={})
    print_document(build_openapi(app, service=SERVICE))


def _subscriptions(database: Database) -> tuple[Subscription, ...]:
    return (
        plugins_subscription(LearnPlugins(database=database)),
        accounts_subscription(ClaimInstalls(database=database), EraseOwners(database=database)),
    )


def migrations(settings: DatabaseSettings) -> Migrations:
    """Give the migrations of this schema."""
    return Migrations(directory=MIGRATIONS_DIRECTORY, schema=SERVICE, url=settings.database_url.get_secret_value())


def _database(settings: DatabaseSettings) -> Database:
    return Database(url=settings.database_url.get_secret_value(), pool_size=settings.database_pool_size)
