import asyncio
from typing import Any
from uuid import uuid4

from sqlalchemy import text

from auth.domain.accounts import leaves_none


async def administrator(person: Any, database: Any) -> Any:
    somebody = person()
    somebody.user_id = (await somebody.register()).json()["user"]["id"]
    async with database.transaction() as connection:
        await connection.execute(
            text("UPDATE users SET roles = '{user,administrator}' WHERE id = CAST(:id AS uuid)"),
            {"id": somebody.user_id},
        )
    await somebody.login()
    return somebody


async def test_an_administrator_finds_an_account_and_gives_and_takes_roles(person: Any, database: Any) -> None:
    chief, bob = await administrator(person, database), person()
    await bob.register()
    [found] = (await chief.call("GET", "/admin/accounts", params={"email": bob.email.upper()})).json()["items"]
    assert (found["email"], found["roles"]) == (bob.email, ["user"])
    address = f"/admin/accounts/{found['id']}/roles"
    granted = await chief.call("PUT", address, {"roles": ["reviewer"]})
    assert granted.json()["roles"] == ["user", "reviewer"]
    assert (await bob.me())["kind"] == "none", "a session whose id somebody may have learnt gains no role"
    await bob.login()
    assert (await bob.me())["user"]["roles"] == ["user", "reviewer"]
    assert (await chief.call("PUT", address, {"roles": []})).json()["roles"] == ["user"]
    assert (await bob.me())["user"]["roles"] == ["user"]
    own = [
        (each["action"], each["by"], each["address"], each["before"]["roles"], each["after"]["roles"])
        for each in (await bob.call("GET", "/auth/audit")).json()["items"]
        if each["action"] == "account.roles-changed"
    ]
    assert own == [
        ("account.roles-changed", "another", None, ["user", "reviewer"], ["user"]),
        ("account.roles-changed", "another", None, ["user"], ["user", "reviewer"]),
    ]


async def test_nobody_has_an_address_that_is_unknown_or_none(person: Any, database: Any) -> None:
    chief = await administrator(person, database)
    assert (await chief.call("GET", "/admin/accounts", params={"email": "x@y.example"})).json() == {"items": []}
    assert (await chief.call("GET", "/admin/accounts", params={"email": "nothing"})).status_code == 422
    for unknown in ("nothing", "00000000-0000-4000-8000-000000000000"):
        answer = await chief.call("PUT", f"/admin/accounts/{unknown}/roles", {"roles": []})
        assert (answer.status_code, answer.json()["code"]) == (404, "account_not_found")


async def test_two_administrators_who_remove_each_other_at_once_leave_one(person: Any, database: Any) -> None:
    one, two = await administrator(person, database), await administrator(person, database)
    answers = await asyncio.gather(
        one.call("PUT", f"/admin/accounts/{two.user_id}/roles", {"roles": []}),
        two.call("PUT", f"/admin/accounts/{one.user_id}/roles", {"roles": []}),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 403]


def test_the_last_administrator_stays() -> None:
    one, two = uuid4(), uuid4()
    assert leaves_none(frozenset({one}), user_id=one, wanted=("user",))
    assert not leaves_none(frozenset({one}), user_id=one, wanted=("user", "administrator"))
    assert not leaves_none(frozenset({one}), user_id=two, wanted=("user",))
    assert not leaves_none(frozenset({one, two}), user_id=one, wanted=("user",))


async def test_the_last_administrator_cannot_delete_the_account(person: Any, database: Any) -> None:
    chief = await administrator(person, database)
    set_aside = text(
        "UPDATE users SET roles = array_remove(roles, 'administrator')"
        " WHERE 'administrator' = ANY (roles) AND id <> CAST(:id AS uuid) RETURNING id"
    )
    put_back = text("UPDATE users SET roles = array_append(roles, 'administrator') WHERE id = ANY(:ids)")
    async with database.transaction() as connection:
        others = list((await connection.execute(set_aside, {"id": chief.user_id})).scalars())
    try:
        refused = await chief.call("DELETE", "/auth/me", {"email": chief.email})
    finally:
        async with database.transaction() as connection:
            await connection.execute(put_back, {"ids": others})
    assert (refused.status_code, refused.json()["code"]) == (409, "last_administrator")
    await administrator(person, database)
    assert (await chief.call("DELETE", "/auth/me", {"email": chief.email})).status_code == 204
