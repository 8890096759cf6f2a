"""Several sign-ins with one visitor's session at the same moment, while the visitor still writes."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from testkit.databases import SessionDatabase
from testkit.people import PASSWORD, WAIT_SECONDS, People
from testkit.waiting import eventually

ROUNDS = 10
MOVED, SHARED, LATE = 3, 3, 4
"""Of five plugins: the first three are the visitor's alone, the fourth is also the account's, the fifth comes late."""


@dataclass
class Someone:
    """An account, and a browser in which it is not signed in yet."""

    email: str
    browser: httpx.AsyncClient

    async def sign_in(self) -> httpx.Response:
        return await self.browser.post("/auth/login", json={"email": self.email, "password": PASSWORD})

    async def installs(self) -> dict[str, Any]:
        items = (await self.browser.get("/user/plugins")).json()["items"]
        return {item["plugin_id"]: item["settings"] for item in items}


@pytest.fixture
async def plugins(people: People) -> list[str]:
    developer = await people.developer()
    ids = [await people.create_plugin(developer) for _ in range(LATE + 1)]
    await asyncio.gather(*(people.publish(developer, one, "1.0.0") for one in ids))
    return ids


async def someone(people: People, plugin_id: str) -> Someone:
    """Open an account that has one plugin, with settings of its own."""
    account = Someone(f"{uuid4().hex}@example.org", people.visitor())
    body = {"email": account.email, "password": PASSWORD, "name": "Ann"}
    assert (await account.browser.post("/auth/register", json=body)).status_code == httpx.codes.CREATED
    installed = await people.install(account.browser, plugin_id, settings={"theme": "light", "limit": 9})
    assert installed.status_code == httpx.codes.CREATED, installed.text
    account.browser.cookies.clear()
    return account


async def race(people: People, plugins: Sequence[str], people_at: Sequence[Someone]) -> tuple[str, set[str]]:
    """Sign everybody in with one visitor's session while the visitor installs one more.

    Returns the visitor's session, and what the visitor has for certain.
    """
    visitor = people.visitor()
    for one in plugins[: SHARED + 1]:
        answer = await people.install(visitor, one, settings={"theme": "dark", "limit": 1})
        assert answer.status_code == httpx.codes.CREATED, answer.text
    session = visitor.cookies["sid"]
    for each in people_at:
        each.browser.cookies.set("sid", session, domain="127.0.0.1", path="/")
    late = visitor.post("/user/plugins/install", json={"plugin_id": plugins[LATE]})
    written, *answers = await asyncio.gather(late, *(each.sign_in() for each in people_at))
    assert [answer.status_code for answer in answers] == [httpx.codes.OK] * len(people_at)
    has = set(plugins[: SHARED + 1])
    if written.status_code != httpx.codes.CREATED:
        assert written.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.CONFLICT}, written.text
    elif visitor.cookies["sid"] == session:
        has.add(plugins[LATE])  # it was accepted, so it must not be lost
    return session, has


async def refused(people: People, session: str) -> bool:
    stranger = people.visitor()
    stranger.cookies.set("sid", session, domain="127.0.0.1", path="/")
    return bool((await stranger.get("/auth/me")).json()["kind"] == "none")


async def counted(people: People, plugin_id: str) -> int:
    return int((await people.visitor().get(f"/plugins/{plugin_id}")).json()["install_count"])


def expect(installs: dict[str, Any], has: set[str], shared: str) -> None:
    assert set(installs) == has
    assert installs[shared] == {"theme": "light", "limit": 9}, "what the account has already wins"
    for one in has - {shared}:
        assert installs[one]["theme"] == ("dark" if "limit" in installs[one] else "light")


async def test_of_sign_ins_into_the_same_account_at_once_each_install_moves_once(
    people: People, plugins: list[str]
) -> None:
    late = 0
    for _ in range(ROUNDS):
        account = await someone(people, plugins[SHARED])
        tablet = Someone(account.email, people.visitor())
        session, has = await race(people, plugins, [account, tablet])
        late += plugins[LATE] in has

        async def moved(account: Someone = account, has: set[str] = has) -> bool:
            expect(await account.installs(), has, plugins[SHARED])
            return True

        await eventually(moved, WAIT_SECONDS)
        assert account.browser.cookies["sid"] != tablet.browser.cookies["sid"]
        assert await tablet.installs() == await account.installs()
        assert await refused(people, session)

    async def counts_are_right() -> bool:
        found = [await counted(people, one) for one in plugins]
        return found[: SHARED + 1] == [ROUNDS] * (SHARED + 1) and late <= found[LATE] <= ROUNDS

    await eventually(counts_are_right, WAIT_SECONDS, saying="every install counts once")


async def test_of_sign_ins_into_different_accounts_at_once_the_first_claims_everything(
    people: People, plugins: list[str]
) -> None:
    for _ in range(ROUNDS):
        accounts = [await someone(people, plugins[SHARED]) for _ in range(2)]
        session, has = await race(people, plugins, accounts)

        async def moved(accounts: list[Someone] = accounts, has: set[str] = has) -> bool:
            loser, winner = sorted([await each.installs() for each in accounts], key=len)
            expect(winner, has, plugins[SHARED])
            expect(loser, {plugins[SHARED]}, plugins[SHARED])
            return True

        await eventually(moved, WAIT_SECONDS)
        assert await refused(people, session)

    async def counts_are_right() -> bool:
        found = [await counted(people, one) for one in plugins[: SHARED + 1]]
        return found == [*[ROUNDS] * MOVED, 2 * ROUNDS]

    await eventually(counts_are_right, WAIT_SECONDS, saying="every install counts once")


async def test_an_idle_visitor_expires_everywhere(
    people: People, plugins: list[str], database_for: SessionDatabase
) -> None:
    visitor = people.visitor()
    for one in plugins[:2]:
        assert (await people.install(visitor, one)).status_code == httpx.codes.CREATED
    anonymous_id = (await visitor.get("/auth/me")).json()["anonymous_id"]
    await eventually(lambda: _both_counted(people, plugins), WAIT_SECONDS)
    with psycopg.connect(database_for.admin_url) as connection:
        connection.execute(
            "UPDATE auth.anonymous_identities SET last_seen_at = now() - interval '91 days' WHERE id = %s",
            (anonymous_id,),
        )

    async def gone() -> bool:
        return [await counted(people, one) for one in plugins[:2]] == [0, 0]

    await eventually(gone, WAIT_SECONDS, saying="its installs count no more")
    assert (await visitor.get("/user/plugins")).json()["items"] == []
    again = await visitor.post("/user/plugins/install", json={"plugin_id": plugins[0]})
    assert again.status_code == httpx.codes.UNAUTHORIZED, again.text


async def _both_counted(people: People, plugins: list[str]) -> bool:
    return [await counted(people, one) for one in plugins[:2]] == [1, 1]
