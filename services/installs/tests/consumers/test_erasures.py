"""Owners that are no more: what they had goes, each install with an event, and nothing late brings it back."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from chassis.db import Database
from contracts.envelope import Event
from contracts.events.accounts import AccountDeleted, AnonymousExpired
from installs.consumers.accounts import accounts_subscription
from installs.usecases.claim_installs import ClaimInstalls
from installs.usecases.erase_owners import EraseOwners

Erase = Callable[..., Awaitable[Event]]


@pytest.fixture
def install(client: httpx.AsyncClient) -> Any:
    async def install(caller: Any, plugin_id: str, **choices: Any) -> httpx.Response:
        return await client.post("/plugins/install", json={"plugin_id": plugin_id, **choices}, headers=caller.headers)

    return install


@pytest.fixture
def erase(database: Database, facts: Any, users: set[UUID]) -> Erase:
    """Hand the end of an owner to the consumer of accounts; gives the event, for repeats."""
    handler = accounts_subscription(ClaimInstalls(database=database), EraseOwners(database=database)).handler

    async def erase(owner: Any, *, event: Event | None = None) -> Event:
        if event is None:
            at = facts.plugin_state("any").created_at
            fact = (
                AccountDeleted(user_id=owner.id, deleted_at=at)
                if owner.id in users
                else AnonymousExpired(anonymous_id=owner.id, expired_at=at)
            )
            event = facts.make_event(fact, key=str(owner.id))
        await handler([event])
        return event

    return erase


@pytest.fixture
def rows_of(database: Database) -> Callable[[UUID], Awaitable[int]]:
    async def count(owner_id: UUID) -> int:
        async with database.read() as connection:
            statement = text("SELECT count(*) FROM installs WHERE owner_id = :id")
            return int((await connection.execute(statement, {"id": owner_id})).scalar_one())

    return count


@pytest.fixture(params=["anonymous", "user"])
def owner(request: pytest.FixtureRequest, make_caller: Any, users: set[UUID]) -> Any:
    caller = make_caller(request.param)
    if request.param == "user":
        users.add(caller.id)
    return caller


@pytest.fixture
def users() -> set[UUID]:
    """Ids of those owners that are accounts."""
    return set()


def balance(rows: list[Any]) -> int:
    return sum({"install.created.v1": 1, "install.removed.v1": -1}.get(row.type, 0) for row in rows)


async def test_everything_of_an_erased_owner_goes_once_and_counts_fall(
    client: httpx.AsyncClient, owner: Any, publish: Any, plugin_id: str, install: Any, erase: Erase, rows_of: Any,
    outbox: Any, settings_schema: Any,
) -> None:  # fmt: skip
    ids = [f"{plugin_id}-{number}" for number in range(3)]
    for one in ids:
        await publish(one, settings_schema=settings_schema)
        await install(owner, one, settings={"theme": "dark"})
    await client.delete(f"/plugins/{ids[0]}", headers=owner.headers)
    event = await erase(owner)
    assert await rows_of(owner.id) == 0
    events = await outbox(owner.id)
    assert balance(events) == 0
    assert [(row.type, row.sequence) for row in await outbox(owner.id, ids[0])] == [
        ("install.created.v1", 1),
        ("install.removed.v1", 2),
    ]
    await erase(owner, event=event)
    assert len(await outbox(owner.id)) == len(events)
    for answer in (
        await install(owner, ids[0]),
        await install(owner, ids[1]),
        await client.patch(f"/plugins/{ids[1]}", json={"enabled": False}, headers=owner.headers),
    ):
        assert answer.status_code in {401, 404}, answer.text
    assert (await install(owner, ids[1])).json()["code"] == "unauthenticated"
    assert await rows_of(owner.id) == 0


async def test_an_owner_of_nothing_can_be_erased(
    owner: Any, publish: Any, plugin_id: str, install: Any, erase: Erase
) -> None:
    await publish(plugin_id)
    await erase(owner)
    assert (await install(owner, plugin_id)).status_code == 401


@pytest.mark.parametrize("turn", range(4))
async def test_no_write_beside_the_erasure_is_left(
    client: httpx.AsyncClient, owner: Any, publish: Any, plugin_id: str, install: Any, erase: Erase, rows_of: Any,
    outbox: Any, turn: int,
) -> None:  # fmt: skip
    ids = [f"{plugin_id}-{number:02}" for number in range(20)]
    for one in ids:
        await publish(one)

    async def erase_soon() -> None:
        for _ in range(turn):
            await client.get("/plugins")  # lets a few writes pass
        await erase(owner)

    *answers, _ = await asyncio.gather(*(install(owner, one) for one in ids), erase_soon())
    assert {answer.status_code for answer in answers} <= {201, 401}
    assert await rows_of(owner.id) == 0
    assert balance(await outbox(owner.id)) == 0


async def test_a_visitor_is_either_claimed_or_expired(
    make_caller: Any, user: Any, publish: Any, plugin_id: str, install: Any, claim: Any, erase: Erase, rows_of: Any
) -> None:
    await publish(plugin_id)
    claimed, expired = make_caller("anonymous"), make_caller("anonymous")
    for visitor in (claimed, expired):
        await install(visitor, plugin_id)
    await claim(claimed.id, user.id)
    await erase(claimed)
    assert await rows_of(user.id) == 1
    await erase(expired)
    late = make_caller("user")
    await claim(expired.id, late.id)
    assert await rows_of(late.id) == 0


async def test_a_claim_for_a_deleted_account_brings_nothing_back(
    make_caller: Any, publish: Any, plugin_id: str, install: Any, claim: Any, erase: Erase, rows_of: Any, outbox: Any,
    users: set[UUID],
) -> None:  # fmt: skip
    await publish(plugin_id)
    visitor, deleted = make_caller("anonymous"), make_caller("user")
    users.add(deleted.id)
    await install(visitor, plugin_id)
    await erase(deleted)
    await claim(visitor.id, deleted.id)
    assert (await rows_of(visitor.id), await rows_of(deleted.id)) == (0, 0)
    assert balance(await outbox(visitor.id)) == 0
    assert await outbox(deleted.id) == []


async def test_an_export_has_everything_in_pages(
    client: httpx.AsyncClient, user: Any, publish: Any, plugin_id: str, install: Any, settings_schema: Any
) -> None:
    ids = [f"{plugin_id}-{number:02}" for number in range(53)]
    for one in ids:
        await publish(one, settings_schema=settings_schema)
        await install(user, one, settings={"theme": "dark"})
    await client.delete(f"/plugins/{ids[0]}", headers=user.headers)
    first = (await client.get("/export", headers=user.headers)).json()
    second = (await client.get(first["next"].removeprefix("/api/v1/user"), headers=user.headers)).json()
    assert (first["service"], second["next"]) == ("installs", None)
    items = [*first["data"], *second["data"]]
    assert [item["plugin_id"] for item in items] == ids
    assert items[0]["removed_at"] is not None
    assert items[1]["settings"] == {"theme": "dark"}
    wrong = await client.get("/export", params={"cursor": "nonsense"}, headers=user.headers)
    assert (wrong.status_code, wrong.json()["code"]) == (400, "cursor_invalid")
