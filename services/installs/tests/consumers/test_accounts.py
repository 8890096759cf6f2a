"""Claims: an anonymous owner's installs move to the account, exactly once, and none is lost."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from contracts.events.accounts import AccountRegistered


@pytest.fixture
def install(client: httpx.AsyncClient) -> Any:
    async def install(caller: Any, plugin_id: str, **choices: Any) -> httpx.Response:
        return await client.post("/plugins/install", json={"plugin_id": plugin_id, **choices}, headers=caller.headers)

    return install


@pytest.fixture
def list_ids(client: httpx.AsyncClient) -> Any:
    async def list_ids(caller: Any) -> list[str]:
        items = (await client.get("/plugins", headers=caller.headers)).json()["items"]
        return [item["plugin_id"] for item in items]

    return list_ids


def balance(rows: list[Any]) -> int:
    """What the events add to the counts."""
    return sum({"install.created.v1": 1, "install.removed.v1": -1}.get(row.type, 0) for row in rows)


async def test_installs_move_and_what_the_account_has_wins(
    client: httpx.AsyncClient, visitor: Any, user: Any, publish: Any, plugin_id: str, install: Any, claim: Any,
    outbox: Any, settings_schema: Any,
) -> None:  # fmt: skip
    both, moved, removed_before = (f"{plugin_id}-{name}" for name in ("both", "moved", "removed"))
    for one in (both, moved, removed_before):
        await publish(one, "1.0.0", "1.1.0", settings_schema=settings_schema)
        await install(visitor, one, version="1.0.0", settings={"theme": "dark"}, enabled=False)
    await install(user, both, settings={"size": 9})
    await install(user, removed_before)
    await client.delete(f"/plugins/{removed_before}", headers=user.headers)
    before = balance(await outbox(user.id)) + balance(await outbox(visitor.id))

    event = await claim(visitor.id, user.id)

    items = {item["plugin_id"]: item for item in (await client.get("/plugins", headers=user.headers)).json()["items"]}
    assert set(items) == {both, moved, removed_before}
    assert (items[both]["version"], items[both]["settings"], items[both]["enabled"]) == ("1.1.0", {"size": 9}, True)
    for one in (moved, removed_before):
        shape = (items[one]["version"], items[one]["settings"], items[one]["enabled"])
        assert shape == ("1.0.0", {"theme": "dark"}, False)
    assert (await client.get("/plugins", headers=visitor.headers)).json() == {"items": []}

    assert [row.type for row in await outbox(user.id, moved)] == ["install.created.v1"]
    assert [row.type for row in await outbox(visitor.id, moved)] == ["install.created.v1", "install.removed.v1"]
    assert [row.sequence for row in await outbox(user.id, removed_before)] == [1, 2, 3]
    assert [row.type for row in await outbox(user.id, both)] == ["install.created.v1"]
    rows = [*await outbox(user.id), *await outbox(visitor.id)]
    assert balance(rows) == before - 1  # of the doubled one

    await claim(visitor.id, user.id, event=event)
    assert len([*await outbox(user.id), *await outbox(visitor.id)]) == len(rows)


async def test_a_claimed_visitor_can_write_no_more(
    client: httpx.AsyncClient, visitor: Any, user: Any, publish: Any, plugin_id: str, install: Any, claim: Any
) -> None:
    await publish(plugin_id)
    await publish(f"{plugin_id}-2")
    await install(visitor, plugin_id)
    await claim(visitor.id, user.id)
    for answer in (
        await install(visitor, f"{plugin_id}-2"),
        await install(visitor, plugin_id),
        await client.patch(f"/plugins/{plugin_id}", json={"enabled": False}, headers=visitor.headers),
        await client.delete(f"/plugins/{plugin_id}", headers=visitor.headers),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "identity_claimed")
    assert (await client.get("/plugins", headers=visitor.headers)).json() == {"items": []}


async def test_a_visitor_who_never_wrote_can_be_claimed(
    visitor: Any, user: Any, publish: Any, plugin_id: str, install: Any, claim: Any
) -> None:
    await publish(plugin_id)
    await claim(visitor.id, user.id)
    assert (await install(visitor, plugin_id)).json()["code"] == "identity_claimed"


async def test_of_two_accounts_that_claim_at_once_one_gets_everything(
    make_caller: Any, visitor: Any, publish: Any, plugin_id: str, install: Any, claim: Any, list_ids: Any
) -> None:
    ids = [f"{plugin_id}-{number}" for number in range(5)]
    for one in ids:
        await publish(one)
        await install(visitor, one)
    accounts = [make_caller("user") for _ in range(6)]
    await asyncio.gather(*(claim(visitor.id, account.id) for account in accounts))
    owned = sorted([await list_ids(account) for account in accounts], key=len)
    assert owned == [[]] * 5 + [ids]


async def test_several_visitors_become_one_account_at_once(
    make_caller: Any, user: Any, publish: Any, plugin_id: str, install: Any, claim: Any, list_ids: Any, outbox: Any
) -> None:
    ids = [f"{plugin_id}-{number}" for number in range(8)]
    for one in ids:
        await publish(one)
    visitors = [make_caller("anonymous") for _ in range(4)]
    for number, visitor in enumerate(visitors):
        for one in ids[number : number + 5]:
            await install(visitor, one)
    await asyncio.gather(*(claim(visitor.id, user.id) for visitor in visitors))
    assert await list_ids(user) == ids
    assert balance(await outbox(user.id)) == len(ids)
    for visitor in visitors:
        assert balance(await outbox(visitor.id)) == 0


@pytest.mark.parametrize("turn", range(5))
async def test_no_write_of_the_visitor_is_lost_beside_the_claim(
    client: httpx.AsyncClient, visitor: Any, user: Any, publish: Any, plugin_id: str, install: Any, claim: Any,
    list_ids: Any, outbox: Any, turn: int,
) -> None:  # fmt: skip
    ids = [f"{plugin_id}-{number:02}" for number in range(30)]
    for one in ids:
        await publish(one)
    for one in ids[:5]:
        await install(visitor, one)

    async def claim_soon() -> None:
        for _ in range(turn):
            await client.get("/plugins")  # lets a few writes pass
        await claim(visitor.id, user.id)

    removals = [client.delete(f"/plugins/{one}", headers=visitor.headers) for one in ids[:5]]
    *answers, _ = await asyncio.gather(*(install(visitor, one) for one in ids[5:]), *removals, claim_soon())

    accepted = {one for one, answer in zip(ids[5:], answers, strict=False) if answer.status_code == 201}
    refused = [answer for answer in answers if answer.status_code not in {201, 204}]
    assert all(answer.json()["code"] == "identity_claimed" for answer in refused)
    removed = {one for one, answer in zip(ids[:5], answers[25:], strict=True) if answer.status_code == 204}
    assert set(await list_ids(user)) == (accepted | set(ids[:5])) - removed
    assert await list_ids(visitor) == []
    assert balance([*await outbox(user.id), *await outbox(visitor.id)]) == len(await list_ids(user))


async def test_the_account_may_install_the_same_plugins_while_they_move(
    visitor: Any, user: Any, publish: Any, plugin_id: str, install: Any, claim: Any, list_ids: Any, outbox: Any
) -> None:
    ids = [f"{plugin_id}-{number:02}" for number in range(20)]
    for one in ids:
        await publish(one)
        await install(visitor, one)
    *answers, _ = await asyncio.gather(*(install(user, one) for one in ids), claim(visitor.id, user.id))
    assert {answer.status_code for answer in answers} <= {200, 201}
    assert await list_ids(user) == ids
    for one in ids:
        assert [row.type for row in await outbox(user.id, one)] == ["install.created.v1"]
    assert balance(await outbox(visitor.id)) == 0


async def test_other_facts_about_accounts_are_ignored(claim: Any, facts: Any) -> None:
    someone = uuid4()
    registered = AccountRegistered(
        user_id=someone, name="Ann", registered_at=facts.plugin_state("any-plugin").created_at
    )
    await claim(UUID(int=0), someone, event=facts.make_event(registered, key=str(someone)))
