"""Entries that were written before there was a chain."""

from collections.abc import Iterator

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from auth.main import MIGRATIONS_DIRECTORY
from auth.usecases.seal_audit import SealAudit
from auth.usecases.verify_audit import VerifyAudit
from chassis.db import Database
from testkit.databases import SessionDatabase
from testkit.servers import Postgres

_FORMER = "INSERT INTO audit_entries (action, user_id, address) SELECT 'x.y', gen_random_uuid(), '192.0.2.1'"


@pytest.fixture
def url(postgres: Postgres, test_session_id: str) -> Iterator[str]:
    database = SessionDatabase(postgres, f"{test_session_id}_audit_migration")
    yield database.url("auth")
    database.drop()


def _migrate(url: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS_DIRECTORY))
    engine = create_engine(url)
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        if revision == "a0001":
            command.downgrade(config, revision)
        else:
            command.upgrade(config, revision)
    engine.dispose()


async def test_they_are_taken_into_the_chain_oldest_first(url: str) -> None:
    database = Database(url=url, pool_size=2)

    async def write(number: int) -> None:
        async with database.transaction() as connection:
            await connection.execute(text(f"{_FORMER} FROM generate_series(1, {number})"))

    try:
        _migrate(url, "a0002")
        await write(5)
        _migrate(url, "head")
        await write(2)  # by a process of the former version that is not replaced yet
        assert await SealAudit(database=database).execute() == 7
        found = await VerifyAudit(database=database).execute(expected=None)
        assert (found.fault, found.head.position) == (None, 7)
        async with database.read() as connection:
            statement = text("SELECT bool_and(position = id), bool_and(address IS NOT NULL) FROM audit_entries")
            assert (await connection.execute(statement)).one() == (True, True)
    finally:
        await database.close()


async def test_the_chain_can_be_taken_away_and_made_anew(url: str) -> None:
    for revision in ("head", "a0001", "head"):
        _migrate(url, revision)
