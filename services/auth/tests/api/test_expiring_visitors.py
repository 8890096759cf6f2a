"""Visitors who are not seen for 90 days expire; whoever comes back or signs in just before does not."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import text

from auth.storage.anonymous import delete_idle
from auth.usecases.expire_anonymous import ExpireAnonymous
from chassis.clock import SystemClock
from chassis.db import Database
from testkit.waiting import eventually


@pytest.fixture
def expire(database: Database) -> Callable[[], Awaitable[None]]:
    """Expire all that is idle now, other tests' visitors included."""
    use_case = ExpireAnonymous(database=database, clock=SystemClock(), idle_days=90)

    async def run() -> None:
        while await use_case.execute():
            pass

    return run


@pytest.fixture
def visitor_seen(gateway: Any, person: Any, database: Database) -> Callable[[int], Awaitable[tuple[Any, str]]]:
    """``await visitor_seen(days_ago)`` gives a visitor's browser and id."""

    async def make(days_ago: int) -> tuple[Any, str]:
        visitor = person(session=(await gateway.mint()).json()["session"])
        anonymous_id = (await visitor.me())["anonymous_id"]
        async with database.transaction() as connection:
            await connection.execute(
                text(
                    "UPDATE anonymous_identities SET last_seen_at = now() - make_interval(days => :days)"
                    " - interval '1 minute' WHERE id = CAST(:id AS uuid)"
                ),
                {"days": days_ago, "id": anonymous_id},
            )
        return visitor, anonymous_id

    return make


async def test_a_visitor_expires_once_after_ninety_days_and_is_refused(
    visitor_seen: Any, expire: Any, gateway: Any, events_of: Any, person: Any
) -> None:
    idle, idle_id = await visitor_seen(90)
    recent, recent_id = await visitor_seen(89)
    await asyncio.gather(expire(), expire(), expire())
    [(kind, sequence, payload)] = await events_of(idle_id)
    assert (kind, sequence, payload["anonymous_id"]) == ("account.anonymous-expired.v1", 1, idle_id)
    assert await events_of(recent_id) == []
    assert (await gateway.renew(idle.session)).status_code == 401
    assert (await gateway.renew(recent.session)).status_code == 200
    late = person(session=idle.session)
    user_id = (await late.register()).json()["user"]["id"]
    assert [kind for kind, _, _ in await events_of(user_id)] == ["account.registered.v1"], "nothing is left to claim"


async def test_more_visitors_than_a_batch_expire_in_several(database: Database, expire: Any, rows: Any) -> None:
    async with database.transaction() as connection:
        await connection.execute(
            text(
                "INSERT INTO anonymous_identities (id, last_seen_at)"
                " SELECT gen_random_uuid(), now() - interval '200 days' FROM generate_series(1, 450)"
            )
        )
    await expire()
    assert await rows("SELECT FROM anonymous_identities WHERE last_seen_at < now() - interval '90 days'") == []


async def test_whoever_comes_back_just_before_lives_on(visitor_seen: Any, expire: Any, gateway: Any) -> None:
    visitor, _ = await visitor_seen(90)
    assert (await gateway.renew(visitor.session)).status_code == 200
    await expire()
    assert (await gateway.renew(visitor.session)).status_code == 200


async def test_a_claimed_visitor_leaves_without_an_event_and_its_claim_stays(
    visitor_seen: Any, expire: Any, events_of: Any, rows: Any
) -> None:
    visitor, anonymous_id = await visitor_seen(90)
    await visitor.register()
    await expire()
    assert await events_of(anonymous_id) == []
    assert await rows("SELECT FROM anonymous_identities WHERE id = CAST(:id AS uuid)", id=anonymous_id) == []
    assert len(await rows("SELECT FROM anonymous_claims WHERE anonymous_id = CAST(:id AS uuid)", id=anonymous_id)) == 1


async def test_a_claim_or_a_renewal_that_meets_an_open_expiry_waits_and_finds_nothing(
    visitor_seen: Any, database: Database, gateway: Any, events_of: Any, rows: Any
) -> None:
    async def two_wait() -> bool:
        # Other tests' sessions are on databases of their own.
        [row] = await rows(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(row["count"] == 2)

    visitor, anonymous_id = await visitor_seen(90)
    session = visitor.session
    async with database.transaction() as connection:
        expired = await delete_idle(connection, idle_days=90, limit=10_000)
        assert anonymous_id in map(str, expired.unclaimed)
        signing_up = asyncio.create_task(visitor.register())
        renewing = asyncio.create_task(gateway.renew(session))
        await eventually(two_wait)
    user_id = (await signing_up).json()["user"]["id"]
    assert (await renewing).status_code == 401
    assert [kind for kind, _, _ in await events_of(user_id)] == ["account.registered.v1"]
    assert await rows("SELECT FROM anonymous_claims WHERE anonymous_id = CAST(:id AS uuid)", id=anonymous_id) == []


@pytest.mark.parametrize("turn", range(8))
async def test_of_a_claim_and_an_expiry_exactly_one_happens(
    visitor_seen: Any, expire: Any, person: Any, events_of: Any, rows: Any, turn: int
) -> None:
    visitors = [await visitor_seen(90) for _ in range(4)]
    people = [person(session=visitor.session) for visitor, _ in visitors]

    async def expire_soon() -> None:
        for _ in range(turn):
            await rows("SELECT 1")  # lets some of the sign-ups pass
        await expire()

    *answers, _ = await asyncio.gather(*(each.register() for each in people), expire_soon())
    for answer, (_, anonymous_id) in zip(answers, visitors, strict=True):
        assert answer.status_code == 201
        kinds = [kind for kind, _, _ in await events_of(answer.json()["user"]["id"])]
        was_claimed = "account.anonymous-claimed.v1" in kinds
        assert len(await events_of(anonymous_id)) == (0 if was_claimed else 1)
