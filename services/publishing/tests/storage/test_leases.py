import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from chassis.db import Database
from publishing.domain.submissions import Claim
from publishing.storage.leases import claim_submission, extend_lease, finish_claim, postpone_claim
from testkit.waiting import eventually


@pytest.fixture
async def sent(developer: Any, clean_tables: Callable[..., None]) -> str:
    clean_tables("publishing")
    return str((await developer.send(await developer.register())).json()["id"])


async def _claim(database: Database, lease_seconds: float = 30.0) -> Claim | None:
    async with database.transaction() as connection:
        return await claim_submission(connection, statuses=("received", "scanning"), lease_seconds=lease_seconds)


async def test_of_many_workers_one_gets_a_submission(sent: str, database: Database) -> None:
    claims = await asyncio.gather(*(_claim(database) for _ in range(8)))
    assert [str(claim.submission_id) for claim in claims if claim is not None] == [sent]


async def test_a_lease_that_ended_gives_the_submission_to_another_and_fences_the_first(
    sent: str, database: Database
) -> None:
    first = await _claim(database, lease_seconds=0.05)
    assert first is not None
    second = await eventually(lambda: _claim(database))
    assert (str(second.submission_id), second.token != first.token) == (sent, True)
    async with database.transaction() as connection:
        assert not await extend_lease(connection, first, lease_seconds=30)
        assert not await finish_claim(connection, first, status="awaiting_review", work_in_seconds=None)
        assert not await postpone_claim(connection, first, status="held")
        assert await finish_claim(connection, second, status="awaiting_review", work_in_seconds=None)


async def test_an_extended_lease_keeps_others_out(sent: str, database: Database) -> None:
    claim = await _claim(database, lease_seconds=0.2)
    assert claim is not None
    async with database.transaction() as connection:
        assert await extend_lease(connection, claim, lease_seconds=30)
    assert await _claim(database) is None
    assert sent == str(claim.submission_id)


async def test_failures_are_tried_again_at_growing_distances(
    sent: str, database: Database, rows_of: Callable[..., Any]
) -> None:
    waits = []
    for _ in range(3):
        claim = await eventually(lambda: _claim(database))
        async with database.transaction() as connection:
            assert await postpone_claim(connection, claim, status="scanning")
        row = (await rows_of("SELECT work_at - clock_timestamp() AS wait FROM submissions WHERE id = :id", id=sent))[0]
        waits.append(round(row.wait.total_seconds()))
    assert waits == [1, 2, 4]
