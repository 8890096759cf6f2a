from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from auth.main import MIGRATIONS_DIRECTORY
from auth.storage.tables import METADATA
from chassis.migrations import Migrations


def test_the_migrated_schema_is_that_of_the_code(database_for: Any) -> None:
    migrations = Migrations(directory=MIGRATIONS_DIRECTORY, schema="auth", url=database_for("auth"))
    migrations.upgrade()  # a repeat does nothing
    assert migrations.drift(METADATA) == []


@pytest.mark.parametrize("statement", ["DELETE FROM audit_entries", "UPDATE audit_entries SET address = 'elsewhere'"])
async def test_the_audit_is_only_ever_appended_to(database: Any, person: Any, statement: str) -> None:
    await person().register()
    with pytest.raises(ProgrammingError, match="never changed"):
        async with database.transaction() as connection:
            await connection.execute(text(statement))


@pytest.mark.parametrize("roles", [["developer"], ["user", "emperor"], []])
async def test_the_database_knows_which_roles_there_are(database: Any, person: Any, roles: list[str]) -> None:
    user_id = (await person().register()).json()["user"]["id"]
    with pytest.raises(IntegrityError):
        async with database.transaction() as connection:
            await connection.execute(
                text("UPDATE users SET roles = CAST(:roles AS text[]) WHERE id::text = :id"),
                {"roles": roles, "id": user_id},
            )


async def test_the_error_of_a_failed_statement_does_not_quote_its_values(database: Any) -> None:
    with pytest.raises(ProgrammingError) as failure:
        async with database.transaction() as connection:
            await connection.execute(text("SELECT nothing FROM nowhere WHERE x = :x"), {"x": "a secret value"})
    assert "a secret value" not in str(failure.value)
