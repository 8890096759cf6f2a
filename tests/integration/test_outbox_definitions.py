"""Every service's migrations make the outbox that `chassis.outbox` describes, with its limit and its storage."""

import uuid

import psycopg
import pytest
from sqlalchemy import MetaData, create_engine

from chassis.outbox import outbox_table
from testkit.databases import SessionDatabase

_CHECKS = "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'"
_OPTIONS = (
    "SELECT unnest(reloptions) FROM pg_class WHERE oid = %(table)s::regclass"
    " OR oid = (SELECT reltoastrelid FROM pg_class WHERE oid = %(table)s::regclass)"
)
_COLUMNS = (
    "SELECT column_name, data_type, is_nullable, column_default, is_identity FROM information_schema.columns"
    " WHERE table_schema = %s AND table_name = 'outbox'"
)


def definition(connection: psycopg.Connection, schema: str) -> dict[str, list[tuple[object, ...]]]:
    table = f"{schema}.outbox"
    return {
        "columns": sorted(connection.execute(_COLUMNS, (schema,)).fetchall()),
        "checks": sorted(connection.execute(_CHECKS, (table,)).fetchall()),
        "storage": sorted(connection.execute(_OPTIONS, {"table": table}).fetchall()),
    }


@pytest.mark.parametrize("service", ["auth", "catalog", "installs", "publishing"])
def test_the_migrated_outbox_is_the_one_in_code(service: str, database_for: SessionDatabase) -> None:
    database_for(service)
    schema = f"outbox_{uuid.uuid4().hex[:8]}"
    url = database_for.admin_url.replace("postgresql://", "postgresql+psycopg://")
    metadata = MetaData(schema=schema)
    outbox_table(metadata)
    with psycopg.connect(database_for.admin_url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        engine = create_engine(url)
        metadata.create_all(engine)
        engine.dispose()
        try:
            in_code = definition(connection, schema)
            assert in_code["checks"]
            assert in_code["storage"]
            assert definition(connection, service) == in_code
        finally:
            connection.execute(f"DROP SCHEMA {schema} CASCADE")
