from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chassis.db import Database
from chassis.migrations import Migrations
from publishing.main import MIGRATIONS_DIRECTORY
from publishing.storage.tables import METADATA


def _migrations(environment: dict[str, str]) -> Migrations:
    return Migrations(directory=MIGRATIONS_DIRECTORY, schema="publishing", url=environment["DATABASE_URL"])


def test_the_migrated_schema_is_that_of_the_code(environment: dict[str, str]) -> None:
    assert _migrations(environment).drift(METADATA) == []


def test_migrating_again_changes_nothing(environment: dict[str, str]) -> None:
    _migrations(environment).upgrade()
    assert _migrations(environment).drift(METADATA) == []


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE versions SET bundle_sha256 = 'x' WHERE plugin_id = :id",
        "DELETE FROM versions WHERE plugin_id = :id",
        "UPDATE decisions SET text = 'x'",
        "DELETE FROM decisions",
    ],
)
async def test_published_versions_and_decisions_never_change(
    statement: str, developer: Any, reviewer: Any, database: Database
) -> None:
    plugin_id = await developer.register()
    submission_id = (await developer.send(plugin_id)).json()["id"]
    await developer.submission_in(submission_id, "awaiting_review")
    await reviewer.approve(submission_id)
    await developer.submission_in(submission_id, "published")
    values = {"id": plugin_id} if ":id" in statement else {}
    async with database.transaction() as connection:
        with pytest.raises(DBAPIError, match="never change"):
            await connection.execute(text(statement), values)


async def test_versions_are_ordered_as_versions_and_not_as_text(
    developer: Any, reviewer: Any, run_worker: Callable[..., Any]
) -> None:
    plugin_id = await developer.register()
    sent = ["1.10.0", "1.9.0", "2.0.0-rc.2", "2.0.0-rc.11", "2.0.0", "1.9.1"]
    async with run_worker():
        for version in sent:
            submission_id = (await developer.send(plugin_id, version)).json()["id"]
            await developer.submission_in(submission_id, "awaiting_review")
            await reviewer.approve(submission_id)
            await developer.submission_in(submission_id, "published")
    found = (await developer.get(f"/developer/plugins/{plugin_id}")).json()["versions"]
    assert [item["version"] for item in found] == ["2.0.0", "2.0.0-rc.11", "2.0.0-rc.2", "1.10.0", "1.9.1", "1.9.0"]
