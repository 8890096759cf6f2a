from pathlib import Path

import psycopg

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


def test_versions_sort_by_bytes_whatever_the_database_prefers(database_for: SessionDatabase) -> None:
    with psycopg.connect(database_for("catalog").replace("+psycopg", "")) as connection:
        found = connection.execute(
            "SELECT collation_name FROM information_schema.columns"
            " WHERE table_schema = 'catalog' AND column_name = 'version_key'"
        ).fetchone()
    assert found == ("C",)
