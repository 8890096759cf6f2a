"""Each service's database role is refused on every other schema."""

import itertools

import psycopg
import pytest

from platform_local.postgres_roles import SERVICE_ROLES
from testkit.databases import SessionDatabase


def connect(database_for: SessionDatabase, role: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(database_for(role).replace("postgresql+psycopg://", "postgresql://"), autocommit=True)


@pytest.mark.parametrize(("role", "schema"), list(itertools.permutations(sorted(SERVICE_ROLES), 2)))
def test_a_role_is_refused_on_a_foreign_schema(database_for: SessionDatabase, role: str, schema: str) -> None:
    database_for(schema)
    with connect(database_for, role) as connection:
        for statement in (
            f"SELECT * FROM {schema}.outbox",
            f"INSERT INTO {schema}.outbox DEFAULT VALUES",
            f"CREATE TABLE {schema}.mine (x int)",
            f"DROP SCHEMA {schema} CASCADE",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


@pytest.mark.parametrize("role", sorted(SERVICE_ROLES))
def test_a_role_works_in_its_own_schema_and_nowhere_else(database_for: SessionDatabase, role: str) -> None:
    with connect(database_for, role) as connection:
        assert connection.execute("SELECT count(*) FROM outbox").fetchone() is not None
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE public.mine (x int)")
        assert connection.execute("SELECT rolsuper OR rolcreatedb OR rolcreaterole FROM pg_roles WHERE rolname = current_user").fetchone() == (False,)  # fmt: skip # noqa: E501
        row = connection.execute("SHOW idle_in_transaction_session_timeout").fetchone()
        assert row is not None
        assert row[0] != "0", "an idle transaction would stop the clean-up of every outbox"
