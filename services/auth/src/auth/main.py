"""The composition root: settings → pools → use cases → application, relay, commands."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from fastapi import FastAPI
from redis.asyncio import Redis

from auth.api import accounts, developers, internal, sessions
from auth.api import audit as audit_routes
from auth.api.cookies import CookiePolicy
from auth.api.dependencies import Wiring
from auth.clients.password_threads import PasswordThreads
from auth.config import (
    AuditSettings,
    EnsureUserSettings,
    MigrateSettings,
    RelaySettings,
    ServeSettings,
    SessionSettings,
)
from auth.domain.identity_signer import IdentitySigner
from auth.domain.sessions import SessionLimits
from auth.jobs import audit as audit_command
from auth.jobs import ensure_user as ensure_user_command
from auth.jobs.seal_audit import seal_audit
from auth.storage.redis_client import connect_redis
from auth.storage.sessions import SessionStore
from auth.storage.sign_in_limits import SignInLimits
from auth.usecases.change_password import ChangePassword
from auth.usecases.ensure_user import EnsureUser
from auth.usecases.entrance import Entrance
from auth.usecases.list_audit import ListAudit
from auth.usecases.mint_anonymous import MintAnonymous
from auth.usecases.own_sessions import OwnSessions
from auth.usecases.register_account import RegisterAccount
from auth.usecases.register_developer import RegisterDeveloper
from auth.usecases.renew_session import RenewSession
from auth.usecases.seal_audit import SealAudit
from auth.usecases.session_issuer import SessionIssuer
from auth.usecases.show_account import ShowAccount
from auth.usecases.show_developer_profile import ShowDeveloperProfile
from auth.usecases.sign_in import SignIn
from auth.usecases.sign_out import SignOut
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
ROUTERS = [accounts.router, sessions.router, audit_routes.router, developers.router, internal.router]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What opens and changes sessions, with all that has to be closed."""

    database: Database
    redis: Redis
    passwords: PasswordThreads
    sessions: SessionIssuer

    async def close(self) -> None:
        self.passwords.close()
        await self.redis.aclose()
        await self.database.close()


def build_app(settings: ServeSettings) -> FastAPI:
    """Build the application with its pools; they open at the first use and close with the application."""
    parts = _parts(settings)

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
    app.state.wiring = _wiring(settings, parts)
    return app


def _wiring(settings: ServeSettings, parts: _Parts) -> Wiring:
    database, sessions, passwords = parts.database, parts.sessions, parts.passwords
    entrance = Entrance(sessions=sessions)
    limits = SignInLimits(redis=parts.redis)
    return Wiring(
        register_account=RegisterAccount(database=database, passwords=passwords, entrance=entrance),
        sign_in=SignIn(database=database, passwords=passwords, limits=limits, entrance=entrance),
        sign_out=SignOut(database=database, sessions=sessions),
        own_sessions=OwnSessions(database=database, sessions=sessions),
        change_password=ChangePassword(database=database, passwords=passwords, limits=limits, sessions=sessions),
        show_account=ShowAccount(database=database),
        register_developer=RegisterDeveloper(database=database, sessions=sessions),
        show_developer_profile=ShowDeveloperProfile(database=database),
        renew_session=RenewSession(database=database, sessions=sessions),
        mint_anonymous=MintAnonymous(database=database, sessions=sessions),
        list_audit=ListAudit(database=database),
        cookies=CookiePolicy(secure=settings.cookie_secure),
        internal_token=settings.internal_token,
    )


def serve(_arguments: list[str]) -> None:
    """Serve the API."""
    settings = ServeSettings()
    configure_logging(settings.log_level)
    process.serve(build_app(settings), host=settings.host, port=settings.port)


def events(arguments: list[str]) -> None:
    """Look after the outbox; this service consumes no events."""
    settings = RelaySettings()
    run_events(SERVICE, arguments, settings=settings, database_url=settings.database_url)


def relay(_arguments: list[str]) -> None:
    """Relay the outbox, and chain the audit."""
    run_relay(RelaySettings(), schema=SERVICE, migrations_directory=MIGRATIONS_DIRECTORY, jobs=_sealer)


def _sealer(database: Database) -> Mapping[str, Task]:
    heartbeat = Heartbeat()
    run = partial(seal_audit, SealAudit(database=database), heartbeat)
    return {f"{SERVICE}.audit-sealer": Task(run, heartbeat)}


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
        parts = _parts(settings)
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


def _parts(settings: SessionSettings) -> _Parts:
    redis = connect_redis(settings.redis_url.get_secret_value())
    limits = SessionLimits(
        ttl_seconds=settings.session_ttl_seconds,
        max_life_seconds=settings.session_max_life_seconds,
        max_sessions=settings.sessions_per_account,
    )
    sessions = SessionIssuer(
        store=SessionStore(redis=redis, limits=limits),
        signer=IdentitySigner(private_key_pem=settings.identity_private_key_file.read_bytes()),
        clock=SystemClock(),
        limits=limits,
    )
    return _Parts(database=_database(settings), redis=redis, passwords=PasswordThreads(), sessions=sessions)


def _database(settings: DatabaseSettings) -> Database:
    return Database(url=settings.database_url.get_secret_value(), pool_size=settings.database_pool_size)


def _migrations(settings: DatabaseSettings) -> Migrations:
    return Migrations(directory=MIGRATIONS_DIRECTORY, schema=SERVICE, url=settings.database_url.get_secret_value())
