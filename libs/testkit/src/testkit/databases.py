"""A database of its own for a test session, migrated service by service on demand."""

from __future__ import annotations

import os
import subprocess
import sys

import psycopg
from psycopg import sql

from platform_local.postgres_roles import SERVICE_ROLES, ensure_roles_and_schemas, role_url, with_database
from testkit.servers import Postgres

_KEPT_TABLES = ("alembic_version",)


class SessionDatabase:
    """A database with all roles and schemas; each service's tables come with its first use.

    Parameters
    ----------
    server
        The cluster.
    name
        The database's name; it must not exist yet.
    """

    def __init__(self, server: Postgres, name: str) -> None:
        self.name = name
        self.admin_url = with_database(server.admin_url, name)
        self._server = server
        self._migrated: set[str] = set()
        ensure_roles_and_schemas(server.admin_url, name, server.role_passwords)

    def url(self, service: str) -> str:
        """Return a role's ``DATABASE_URL`` without migrating anything."""
        if service not in SERVICE_ROLES:
            raise ValueError(f"{service} owns no schema; {', '.join(SERVICE_ROLES)} do")
        return role_url(self._server.admin_url, self.name, service, self._server.role_passwords[service])

    def __call__(self, service: str) -> str:
        """Migrate a service's schema by its own command, once, and return its role's ``DATABASE_URL``.

        Raises
        ------
        RuntimeError
            Where the migration fails; its output is the text.
        """
        url = self.url(service)
        if service not in self._migrated:
            result = subprocess.run(
                [sys.executable, "-m", service, "migrate"],
                check=False,
                capture_output=True,
                text=True,
                env={**os.environ, "DATABASE_URL": url},
            )
            if result.returncode != 0:
                raise RuntimeError(f"`python -m {service} migrate` failed:\n{result.stdout}{result.stderr}")
            self._migrated.add(service)
        return url

    def clean(self, service: str, *, keep: tuple[str, ...] = ()) -> None:
        """Empty every table of a service's schema except Alembic's and those to keep."""
        with psycopg.connect(self.admin_url) as connection:
            rows = connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = %s AND NOT tablename = ANY(%s)",
                (service, [*_KEPT_TABLES, *keep]),
            ).fetchall()
            tables = sql.SQL(", ").join(sql.Identifier(service, row[0]) for row in rows)
            if rows:
                connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(tables))

    def drop(self) -> None:
        """Drop the database, ending the sessions that are still in it."""
        with psycopg.connect(self._server.admin_url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self.name)))
