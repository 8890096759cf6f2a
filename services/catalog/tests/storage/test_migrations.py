from pathlib import Path
from uuid import uuid4

import psycopg
from sqlalchemy import create_engine

import catalog.main
from catalog.storage.tables import METADATA
from chassis.migrations import Migrations
from testkit.databases import SessionDatabase


def _migrations(url: str) -> Migrations:
    return Migrations(directory=Path(catalog.main.MIGRATIONS_DIRECTORY), schema="catalog", url=url)


def test_an_empty_schema_is_migrated_to_exactly_the_tables_in_code(database_for: SessionDatabase) -> None:
    assert _migrations(database_for("catalog")).drift(METADATA) == []


def test_a_second_migration_does_nothing(database_for: SessionDatabase) -> None:
    migrations = _migrations(database_for("catalog"))
    migrations.upgrade()
    assert migrations.drift(METADATA) == []


def test_the_migrated_schema_has_the_same_columns_and_indexes_as_one_made_from_the_code(
    database_for: SessionDatabase,
) -> None:
    """Alembic's comparison passes over collations, index expressions and conditions."""
    database_for("catalog")
    other = f"catalog_{uuid4().hex[:8]}"
    with psycopg.connect(database_for.admin_url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {other}")
        try:
            engine = create_engine(
                database_for.admin_url.replace("postgresql://", "postgresql+psycopg://"),
                connect_args={"options": f"-csearch_path={other}"},
            )
            METADATA.create_all(engine)
            engine.dispose()
            migrated, made = (_shape(connection, schema) for schema in ("catalog", other))
        finally:
            connection.execute(f"DROP SCHEMA {other} CASCADE")
    assert migrated == made


def _shape(connection: psycopg.Connection[tuple[str, ...]], schema: str) -> set[tuple[str, ...]]:
    columns = connection.execute(
        "SELECT table_name, column_name, data_type, is_nullable, coalesce(collation_name, ''),"
        " coalesce(column_default, '') FROM information_schema.columns"
        " WHERE table_schema = %s AND table_name <> 'alembic_version'",
        (schema,),
    ).fetchall()
    definitions = connection.execute(
        "SELECT indexdef FROM pg_indexes WHERE schemaname = %s AND tablename <> 'alembic_version'"
        " UNION ALL SELECT conname || pg_get_constraintdef(c.oid) FROM pg_constraint c"
        " JOIN pg_class t ON t.oid = c.conrelid"
        " WHERE c.connamespace = %s::regnamespace AND t.relname <> 'alembic_version'",
        (schema, schema),
    ).fetchall()
    return {tuple(str(value) for value in row) for row in columns} | {
        (row[0].replace(f"{schema}.", "").replace(f" {schema} ", " "),) for row in definitions
    }
