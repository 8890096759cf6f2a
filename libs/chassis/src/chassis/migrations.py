"""Alembic without an ini file: one schema, one advisory lock, short lock waits.

Migrations run while the former version still serves, so they only expand; they wait briefly for locks rather than
queue every request behind them.
"""

from pathlib import Path

from alembic import command, context
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, create_engine, text

from chassis.db import Database
from chassis.health import Check

LOCK_TIMEOUT = "5s"
STATEMENT_TIMEOUT = "60s"

_CURRENT = text("SELECT version_num FROM alembic_version")


class Migrations:
    """The migrations of one schema.

    Parameters
    ----------
    directory
        Holds ``env.py`` and ``versions/``.
    schema
        The schema, which is also the role's name.
    url
        SQLAlchemy URL of the schema's owner.
    """

    def __init__(self, *, directory: Path, schema: str, url: str) -> None:
        self._schema = schema
        self._url = url
        self._config = Config()
        self._config.set_main_option("script_location", str(directory).replace("%", "%%"))

    def upgrade(self) -> None:
        """Bring the schema to the newest revision; several callers at once are safe, a repeat does nothing."""
        engine = create_engine(self._url, hide_parameters=True)
        try:
            with engine.connect() as connection:
                # Advisory locks are database-wide, so the key carries the schema's name.
                connection.execute(text("SELECT pg_advisory_lock(hashtextextended(:key, 0))"), {"key": self._lock_key})
                connection.commit()
                connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
                connection.execute(text(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'"))
                connection.commit()
                self._config.attributes["connection"] = connection
                command.upgrade(self._config, "head")
        finally:
            engine.dispose()

    @property
    def _lock_key(self) -> str:
        return f"migrate:{self._schema}"

    def head(self) -> str:
        """Give the newest revision that this code knows."""
        head = ScriptDirectory.from_config(self._config).get_current_head()
        if head is None:
            raise RuntimeError(f"the schema {self._schema} has no migrations")
        return head

    def readiness_check(self, database: Database) -> Check:
        """Make a check that fails while the schema is behind this code; a newer one is fine (expand, then contract)."""
        head = self.head()
        known = {script.revision for script in ScriptDirectory.from_config(self._config).walk_revisions()}

        async def check() -> None:
            async with database.read() as connection:
                found = (await connection.execute(_CURRENT)).scalar_one()
            if found != head and found in known:
                raise RuntimeError(f"the schema is at {found}, this code needs {head}")

        return check

    def drift(self, metadata: MetaData) -> list[object]:
        """Compare the migrated schema with the tables in code; empty when they agree."""
        engine = create_engine(self._url, hide_parameters=True)
        try:
            with engine.connect() as connection:
                return list(
                    compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)
                )
        finally:
            engine.dispose()


def run_env(metadata: MetaData) -> None:
    """Run the migrations; the whole content of a service's ``env.py``."""
    connection: Connection = context.config.attributes["connection"]
    context.configure(
        connection=connection, target_metadata=metadata, transaction_per_migration=True, compare_type=True
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
