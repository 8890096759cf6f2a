"""The composition root: settings → pools → use cases → application, relay, commands."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from fastapi import FastAPI

from auth.api import (
    accounts,
    administration,
    developers,
    devices,
    internal,
    internal_tokens,
    invitations,
    mails,
    organisation_members,
    organisations,
    own_data,
    sessions,
    tokens,
)
from auth.api import audit as audit_routes
from auth.api.limit_headers import LimitHeadersMiddleware
from auth.api.second_factor import factors, proving
from auth.assembly.mail import build_sender
from auth.assembly.parts import build_parts
from auth.assembly.wiring import build_wiring
from auth.config import (
    AuditSettings,
    EnsureUserSettings,
    EventsSettings,
    MigrateSettings,
    RelaySettings,
    ServeSettings,
)
from auth.jobs import audit as audit_command
from auth.jobs import ensure_user as ensure_user_command
from auth.jobs.expire_anonymous import expire_anonymous
from auth.jobs.seal_audit import seal_audit
from auth.jobs.send_mails import send_mails
from auth.jobs.sweep_tokens import sweep_tokens
from auth.usecases.ensure_user import EnsureUser
from auth.usecases.expire_anonymous import ExpireAnonymous
from auth.usecases.seal_audit import SealAudit
from auth.usecases.tokens.sweep_tokens import SweepTokens
from auth.usecases.verify_audit import VerifyAudit
from chassis import process
from chassis.app import create_api
from chassis.cli import print_document
from chassis.clock import SystemClock
from chassis.db import Database
from chassis.errors import PlatformError
from chassis.identity import IdentityVerifier
from chassis.migrations import Migrations
from chassis.openapi import build_openapi
from chassis.operations.command import run_events
from chassis.process import Heartbeat, Task
from chassis.roles import run_migrate, run_relay
from chassis.settings import DatabaseSettings
from chassis.telemetry import configure_logging

SERVICE = "auth"
TITLE = "Accounts"
DESCRIPTION = "Accounts, sessions, anonymous visitors and developer profiles."
MIGRATIONS_DIRECTORY = Path(__file__).resolve().parents[2] / "migrations"
ROUTERS = [
    accounts.router,
    mails.router,
    own_data.router,
    proving.router,
    sessions.router,
    factors.router,
    tokens.router,
    devices.router,
    audit_routes.router,
    developers.router,
    administration.router,
    organisations.router,
    organisation_members.router,
    invitations.router,
    internal.router,
    internal_tokens.router,
]


def build_app(settings: ServeSettings) -> FastAPI:
    """Build the application with its pools; they open at the first use and close with the application."""
    parts = build_parts(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await parts.close()

    app = create_api(
        title=TITLE,
        description=DESCRIPTION,
        routers=ROUTERS,
        identity_verifier=IdentityVerifier(
            public_key_pem=settings.identity_public_key_file.read_bytes(), clock=SystemClock()
        ),
        readiness={"database": _migrations(settings).readiness_check(parts.database)},
        lifespan=lifespan,
    )
    app.add_middleware(LimitHeadersMiddleware)
    app.state.wiring = build_wiring(settings, parts)
    return app


def serve(_arguments: list[str]) -> None:
    """Serve the API."""
    settings = ServeSettings()
    configure_logging(settings.log_level)
    process.serve(build_app(settings), host=settings.host, port=settings.port)


def events(arguments: list[str]) -> None:
    """Look after the outbox; this service consumes no events."""
    settings = EventsSettings()
    run_events(SERVICE, arguments, settings=settings, database_url=settings.database_url)


def relay(_arguments: list[str]) -> None:
    """Relay the outbox, chain the audit, forget idle visitors and expired tokens, and send mails."""
    settings = RelaySettings()
    jobs = partial(_relay_jobs, settings)
    run_relay(settings, schema=SERVICE, migrations_directory=MIGRATIONS_DIRECTORY, jobs=jobs)


def _relay_jobs(settings: RelaySettings, database: Database) -> Mapping[str, Task]:
    sealing, expiring, sweeping, sending = Heartbeat(), Heartbeat(), Heartbeat(), Heartbeat()
    expire = ExpireAnonymous(database=database, clock=SystemClock(), idle_days=settings.anonymous_idle_days)
    return {
        f"{SERVICE}.audit-sealer": Task(partial(seal_audit, SealAudit(database=database), sealing), sealing),
        f"{SERVICE}.anonymous-expiry": Task(partial(expire_anonymous, expire, expiring), expiring),
        f"{SERVICE}.token-sweeper": Task(partial(sweep_tokens, SweepTokens(database=database), sweeping), sweeping),
        f"{SERVICE}.mail-sender": Task(partial(send_mails, build_sender(settings, database), sending), sending),
    }


def migrate(_arguments: list[str]) -> None:
    """Bring the schema to the newest revision."""
    run_migrate(MigrateSettings(), schema=SERVICE, migrations_directory=MIGRATIONS_DIRECTORY)


def openapi(_arguments: list[str]) -> None:
    """Print the API document."""
    app = create_api(title=TITLE, description=DESCRIPTION, routers=ROUTERS, identity_verifier=None, readiness={})
    print_document(build_openapi(app, service=SERVICE))


def ensure_user(arguments: list[str]) -> None:
    """Make an account exist, as the command line says."""
    wanted = ensure_user_command.read_arguments(arguments)
    settings = EnsureUserSettings()
    configure_logging(settings.log_level)

    async def run() -> None:
        parts = build_parts(settings)
        try:
            use_case = EnsureUser(database=parts.database, passwords=parts.passwords, sessions=parts.sessions)
            await ensure_user_command.ensure_user(use_case, wanted)
        finally:
            await parts.close()

    try:
        asyncio.run(run())
    except PlatformError as error:
        sys.stderr.write(f"{error.detail}. {error.remedy}\n")
        raise SystemExit(1) from error


def audit(arguments: list[str]) -> None:
    """Check the audit, as the command line says; status 2 where it could not be checked."""
    command = audit_command.read_arguments(arguments)
    settings = AuditSettings()
    configure_logging(settings.log_level)

    async def run() -> int:
        database = _database(settings)
        try:
            return await audit_command.run_audit(VerifyAudit(database=database), command)
        finally:
            await database.close()

    try:
        status = asyncio.run(run())
    except PlatformError as error:
        sys.stderr.write(f"{error.detail}. {error.remedy}\n")
        raise SystemExit(2) from error
    raise SystemExit(status)


def _database(settings: DatabaseSettings) -> Database:
    return Database(url=settings.database_url.get_secret_value(), pool_size=settings.database_pool_size)


def _migrations(settings: DatabaseSettings) -> Migrations:
    return Migrations(directory=MIGRATIONS_DIRECTORY, schema=SERVICE, url=settings.database_url.get_secret_value())
