"""The one place where databases, roles and schemas are made: for ``make up``, for tests and for containers.

Each service has a role and a schema of the same name. A role reaches its own schema and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

SERVICE_ROLES = ("auth", "catalog", "installs", "publishing")
DATABASE = "platform"

# One long transaction in any schema would stop the clean-up of every outbox, so each has an end.
_ROLE_SETTINGS = {
    "statement_timeout": "30s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "60s",
}
_LOCK_KEY = 7_041_776_001  # two set-ups side by side must not both create a role


def ensure_roles_and_schemas(admin_url: str, database: str, passwords: Mapping[str, str]) -> None:
    """Create the database, the roles and their schemas, and state their rights. Idempotent, safe to retry.

    Parameters
    ----------
    admin_url
        ``postgresql://`` URL of a superuser, at any database of the cluster (``postgres``, say).
    database
        The database to make or to bring up to date.
    passwords
        Password of every role in `SERVICE_ROLES`; an existing role's password is set to it.

    Raises
    ------
    psycopg.Error
        Where the server refuses or cannot be reached.
    """
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK_KEY,))
        _ensure_database(connection, database)
        for role in SERVICE_ROLES:
            _ensure_role(connection, role, passwords[role])
        _grant_database(connection, database)
    with psycopg.connect(with_database(admin_url, database)) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK_KEY,))
        connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        for role in SERVICE_ROLES:
            name = sql.Identifier(role)
            connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {} AUTHORIZATION {}").format(name, name))
            connection.execute(sql.SQL("REVOKE ALL ON SCHEMA {} FROM PUBLIC").format(name))


def with_database(url: str, database: str) -> str:
    """Return the same URL at another database of the cluster."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def role_url(admin_url: str, database: str, role: str, password: str) -> str:
    """Return a service's ``DATABASE_URL`` (SQLAlchemy's form, psycopg driver) at the cluster of `admin_url`."""
    parts = urlsplit(admin_url)
    return f"postgresql+psycopg://{role}:{quote(password, safe='')}@{parts.hostname}:{parts.port}/{database}"


def _ensure_database(connection: psycopg.Connection, database: str) -> None:
    known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone()
    if known is None:
        connection.execute(sql.SQL("CREATE DATABASE {} ENCODING 'UTF8'").format(sql.Identifier(database)))


def _ensure_role(connection: psycopg.Connection, role: str, password: str) -> None:
    name = sql.Identifier(role)
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
    if known is None:
        connection.execute(sql.SQL("CREATE ROLE {}").format(name))
    rights = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
    statement = sql.SQL("ALTER ROLE {} {} PASSWORD {}")
    connection.execute(statement.format(name, sql.SQL(rights), sql.Literal(password)))
    connection.execute(sql.SQL("ALTER ROLE {} SET search_path = {}").format(name, name))
    for setting, value in _ROLE_SETTINGS.items():
        connection.execute(
            sql.SQL("ALTER ROLE {} SET {} = {}").format(name, sql.Identifier(setting), sql.Literal(value))
        )


def _grant_database(connection: psycopg.Connection, database: str) -> None:
    target = sql.Identifier(database)
    connection.execute(sql.SQL("REVOKE CONNECT, TEMPORARY ON DATABASE {} FROM PUBLIC").format(target))
    roles = sql.SQL(", ").join(map(sql.Identifier, SERVICE_ROLES))
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(target, roles))
