"""Messages that cannot be applied until somebody mends the cause: real constraints, added and taken away again."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import psycopg
from psycopg import sql

from contracts.search_index import feed_name
from testkit.faults.figures import Figures
from testkit.faults.stack import FaultStack
from testkit.people import PASSWORD, WAIT_SECONDS, People
from testkit.waiting import eventually

LETTER_SECONDS = 90.0
TABLES = {
    "accounts.v1": ("installs", "anonymous_owners", "claimed_by IS DISTINCT FROM {}"),
    "installs.v1": ("catalog", "install_counts", "plugin_id <> {}"),
    "plugins.v1 in catalog": ("catalog", "plugins", "name <> {}"),
    "plugins.v1 in installs": ("installs", "known_plugins", "name <> {}"),
}


async def events(stack: FaultStack, service: str, *arguments: str) -> tuple[int, Any, str]:
    """Run a command on a service's events; returns its exit code, its document and what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", service, "events", *arguments, "--json",
        env={**os.environ, **stack.environment(service)}, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 120)
    assert b"Traceback" not in err
    return process.returncode or 0, json.loads(out) if out else None, err.decode()


async def letter_of(stack: FaultStack, service: str, topic: str, key: str) -> dict[str, Any]:
    """Wait for the failed letter of a key."""

    async def found() -> dict[str, Any] | None:
        _, letters, err = await events(stack, service, "letters", "--topic", topic, "--key", key, "--failed-only")
        assert letters is not None, err
        return letters[0] if letters else None

    return await eventually(found, LETTER_SECONDS, saying=f"a letter of {key} on {topic}")


@asynccontextmanager
async def constraints(stack: FaultStack, values: dict[str, str]) -> AsyncIterator[None]:
    """Have tables refuse a value each until the block ends."""
    admin_url = stack.database.admin_url
    for name, (schema, table, condition) in TABLES.items():
        check = sql.SQL("ALTER TABLE {} ADD CONSTRAINT poison CHECK ({}) NOT VALID").format(
            sql.Identifier(schema, table), sql.SQL(condition).format(sql.Literal(values[name]))
        )
        async with await psycopg.AsyncConnection.connect(admin_url) as connection:
            await connection.execute(check)
    try:
        yield
    finally:
        for schema, table, _ in TABLES.values():
            drop = sql.SQL("ALTER TABLE {} DROP CONSTRAINT poison").format(sql.Identifier(schema, table))
            async with await psycopg.AsyncConnection.connect(admin_url) as connection:
                await connection.execute(drop)


@asynccontextmanager
async def numbers_only(stack: FaultStack) -> AsyncIterator[None]:
    """Have the search index refuse every description that is no number until the block ends."""
    async with httpx.AsyncClient(base_url=stack.opensearch.url) as client:
        (index,) = (await client.get("/_alias/plugins")).raise_for_status().json()
        description = (await client.get(f"/{index}/_mapping")).json()[index]["mappings"]["properties"]["description"]

        async def expect(**number: Any) -> None:
            fields = {"number": {"type": "integer", **number}}
            body = {"properties": {"description": {**description, "fields": fields}}}
            (await client.put(f"/{feed_name(index)}/_mapping", json=body)).raise_for_status()

        await expect()
        try:
            yield
        finally:
            await expect(ignore_malformed=True)


async def account(people: People) -> tuple[str, str]:
    """Make an account; returns its id and its address."""
    email = f"{uuid4().hex}@example.org"
    answer = await people.visitor().post("/auth/register", json={"email": email, "password": PASSWORD, "name": "Ann"})
    assert answer.status_code == httpx.codes.CREATED
    return answer.json()["user"]["id"], email


async def claim(people: People, email: str, plugin_id: str) -> httpx.AsyncClient:
    """Install as a visitor and sign in, so that the install becomes the account's."""
    browser = people.visitor()
    assert (await people.install(browser, plugin_id)).status_code == httpx.codes.CREATED
    assert (await browser.post("/auth/login", json={"email": email, "password": PASSWORD})).is_success
    return browser


async def test_letters_of_each_topic_are_applied_once_their_cause_is_mended(
    stack: FaultStack, people: People, figures: Figures
) -> None:
    developer = await people.developer()
    named, counted, searched, good = [await people.create_plugin(developer, description="1") for _ in range(4)]
    for plugin_id in (named, counted, searched, good):
        await people.publish(developer, plugin_id, "1.0.0")
    bad_account, bad_email = await account(people)
    _, good_email = await account(people)
    poison_name = f"Poison {named}"
    values = {
        "accounts.v1": bad_account, "installs.v1": counted,
        "plugins.v1 in catalog": poison_name, "plugins.v1 in installs": poison_name,
    }  # fmt: skip
    visitor = people.visitor()

    async def change(plugin_id: str, **fields: str) -> None:
        assert (await developer.patch(f"/developer/plugins/{plugin_id}", json=fields)).is_success

    async def shown(plugin_id: str) -> dict[str, Any]:
        answer = await visitor.get(f"/plugins/{plugin_id}")
        assert answer.is_success
        return dict(answer.json())

    async def found(text: str) -> list[str]:
        items = (await visitor.get("/plugins", params={"q": text})).json()["items"]
        return [item["description"] for item in items]

    async with constraints(stack, values), numbers_only(stack):
        await change(named, name=poison_name)
        await change(searched, description="Not a number")
        owner = people.visitor()
        assert (await people.install(owner, counted)).is_success
        claimed = await claim(people, bad_email, good)
        # What is sound flows meanwhile, through each of the four topics.
        await change(good, name=f"Good {good}", description="2")
        other = await claim(people, good_email, good)

        async def all_else_flows() -> bool:
            assert (await shown(good))["name"] == f"Good {good}"
            assert await found(good) == ["2"]
            assert [item["plugin_id"] for item in (await other.get("/user/plugins")).json()["items"]] == [good]
            return True

        await eventually(all_else_flows, 2 * WAIT_SECONDS, saying="what is sound flows")
        letters = [
            ("catalog", await letter_of(stack, "catalog", "plugins.v1", named)),
            ("installs", await letter_of(stack, "installs", "plugins.v1", named)),
            ("installs", await letter_of(stack, "installs", "accounts.v1", bad_account)),
            ("search_indexer", await letter_of(stack, "search_indexer", "plugin-documents.v1", searched)),
            ("catalog", await _install_letter(stack, counted)),
        ]
        for service, letter in letters:
            assert ("poison" in letter["reason"]) or ("number" in letter["reason"]), letter
            code, outcomes, _ = await events(stack, service, "replay", letter["topic"], str(letter["letter"]))
            assert (code, outcomes[0]["result"]) == (1, "failed")  # the cause is still there

    applied = 0
    for service, letter in letters:
        code, outcomes, err = await events(stack, service, "replay", letter["topic"], str(letter["letter"]))
        assert (code, {one["result"] for one in outcomes}) == (0, {"applied"}), err
        applied += len(outcomes)

    async def all_is_well() -> bool:
        assert (await shown(named))["name"] == poison_name
        assert (await shown(counted))["install_count"] == 1
        assert await found(searched) == ["Not a number"]
        assert [item["plugin_id"] for item in (await claimed.get("/user/plugins")).json()["items"]] == [good]
        return True

    await eventually(all_is_well, 2 * WAIT_SECONDS, saying="the replayed messages have their effect")
    figures.add("poison that is mended", "letters applied by `events replay`", applied, "all")


async def _install_letter(stack: FaultStack, plugin_id: str) -> dict[str, Any]:
    """Wait for the letter of an install, whose key begins with its owner."""

    async def found() -> dict[str, Any] | None:
        _, letters, _ = await events(stack, "catalog", "letters", "--topic", "installs.v1")
        return next((one for one in letters or [] if (one["key"] or "").endswith(f":{plugin_id}")), None)

    return await eventually(found, LETTER_SECONDS, saying=f"a letter of an install of {plugin_id}")
