"""An account takes its data along and leaves: nothing anywhere says who it was any longer."""

import asyncio
import json
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from psycopg import sql
from redis.asyncio import Redis

from contracts.identity import DELETED_NAME
from testkit.databases import SessionDatabase
from testkit.people import PASSWORD, WAIT_SECONDS, People, manifest_of
from testkit.waiting import eventually

_PAGE_DOCUMENTS = 1_000


class Leaver:
    """An account with something in every service; its words are in nobody else's data."""

    def __init__(self, people: People) -> None:
        mark = uuid4().hex
        self.people = people
        self.email = f"{mark}@example.org"
        self.name, self.display_name = f"Lea {mark[:16]}", f"Labs {mark[16:]}"
        self.website, self.setting = f"https://{mark[:12]}.example", f"tag-{mark[:20]}"
        self.opinion, self.agent = f"Opinion {mark[8:24]}", f"Client{mark[:10]}"
        self.laptop, self.phone = people.visitor(), people.visitor()
        self.laptop.headers["user-agent"] = self.phone.headers["user-agent"] = f"{self.agent}/1.0"
        self.public = self.pending = self.draft = self.installed = ""

    @property
    def words(self) -> list[str]:
        """All that would say who it was."""
        mark = self.email.partition("@")[0]
        return [self.email, self.name, self.display_name, self.website, self.setting, self.opinion, self.agent, mark]

    async def arrive(self, installed: str) -> None:
        """Leave something everywhere."""
        people, laptop = self.people, self.laptop
        self.installed = installed
        await people.install(laptop, installed, settings={"theme": "dark", "tag": self.setting})
        body = {"email": self.email, "password": PASSWORD, "name": self.name}
        _expect(await laptop.post("/auth/register", json=body), 201)
        _expect(await self.phone.post("/auth/login", json={"email": self.email, "password": PASSWORD}), 200)
        review = {"rating": 1, "text": self.opinion}
        _expect(await laptop.put(f"/plugins/{installed}/reviews/mine", json=review), 201)
        body = {"display_name": self.display_name, "website": self.website}
        _expect(await laptop.post("/developer/register", json=body), 201)
        self.public = await people.create_plugin(laptop)
        await people.publish(laptop, self.public, "1.0.0")
        self.draft = await people.create_plugin(laptop, name=self.name, description=self.display_name)
        manifest = manifest_of(self.public, "1.1.0", description=f"By {self.display_name}")
        part = ("manifest.json", json.dumps(manifest).encode(), "application/json")
        sent = await people.submit(laptop, self.public, "1.1.0", manifest=part)
        self.pending = sent.headers["location"].removeprefix("/api/v1")
        await people.await_review(laptop, self.pending)

    async def delete(self) -> httpx.Response:
        """Delete the account from one of its browsers."""
        return await self.laptop.request("DELETE", "/auth/me", json={"email": self.email})

    async def export(self) -> list[dict[str, Any]]:
        """Follow every address of the export to its end."""
        addresses, items = ["/api/v1/auth/me/export"], []
        while addresses:
            answer = await self.laptop.get(addresses.pop().removeprefix("/api/v1"))
            _expect(answer, 200)
            page = answer.json()
            addresses += page["elsewhere"] + [page["next"]] * (page["next"] is not None)
            items += [{"service": page["service"], **item} for item in page["data"]]
        return items


def _expect(answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status, f"{answer.request.method} {answer.request.url}: {answer.text}"


def _rows_with(database: SessionDatabase, words: Iterable[str]) -> list[str]:
    """Name every column of every table of every service that holds one of the words."""
    patterns, found = [f"%{word}%" for word in words], []
    with psycopg.connect(database.admin_url) as connection:
        columns = connection.execute(
            "SELECT c.table_schema, c.table_name, c.column_name FROM information_schema.columns c"
            " JOIN information_schema.tables t USING (table_schema, table_name) WHERE t.table_type = 'BASE TABLE'"
            " AND c.table_schema IN ('auth', 'catalog', 'installs', 'publishing')"
            " AND c.data_type NOT IN ('bigint', 'integer', 'smallint', 'boolean', 'uuid', 'timestamp with time zone')"
        ).fetchall()
        assert {schema for schema, _, _ in columns} == {"auth", "catalog", "installs", "publishing"}
        for schema, table, column in columns:
            query = sql.SQL("SELECT EXISTS (SELECT FROM {} WHERE {}::text LIKE ANY(%s))").format(
                sql.Identifier(schema, table), sql.Identifier(column)
            )
            row = connection.execute(query, (patterns,)).fetchone()
            if row is not None and row[0]:
                found.append(f"{schema}.{table}.{column}")
    return found


async def _redis_with(url: str, words: Iterable[str]) -> list[bytes]:
    """Name every key of Redis that holds one of the words, in name or value."""
    wanted = [word.encode() for word in words]
    found = []
    async with Redis.from_url(url) as redis:
        async for key in redis.scan_iter(count=1_000):
            texts = [key, await _value_of(redis, key)]
            if any(word in each for word in wanted for each in texts):
                found.append(key)
    return found


async def _value_of(redis: Redis, key: bytes) -> bytes:
    kind = await redis.type(key)
    if kind == b"string":
        return repr(await redis.get(key)).encode()
    if kind == b"hash":
        return repr(await redis.hgetall(key)).encode()
    if kind == b"set":
        return repr(await redis.smembers(key)).encode()
    if kind == b"list":
        return repr(await redis.lrange(key, 0, -1)).encode()
    if kind == b"stream":
        return repr(await redis.xrange(key)).encode()
    assert kind in {b"zset", b"none"}, kind
    return repr(await redis.zrange(key, 0, -1)).encode() if kind == b"zset" else b""


async def _documents_with(url: str, prefix: str, words: Iterable[str]) -> int:
    """Count the documents of all indices that hold one of the words; other tests have left thousands there."""
    found = 0
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        await client.post(f"/{prefix}*/_refresh")
        query = {"size": _PAGE_DOCUMENTS, "query": {"match_all": {}}, "sort": ["_doc"]}
        answer = await client.post(f"/{prefix}*/_search", params={"scroll": "1m"}, json=query)
        _expect(answer, 200)
        while hits := answer.json()["hits"]["hits"]:
            found += sum(any(word in json.dumps(hit) for word in words) for hit in hits)
            scroll = {"scroll": "1m", "scroll_id": answer.json()["_scroll_id"]}
            answer = await client.post("/_search/scroll", json=scroll)
            _expect(answer, 200)
        await client.request("DELETE", "/_search/scroll", json={"scroll_id": [answer.json()["_scroll_id"]]})
    return found


@pytest.fixture
async def leaver(people: People) -> Leaver:
    developer = await people.developer()
    installed = await people.create_plugin(developer)
    await people.publish(developer, installed, "1.0.0")
    other = await people.register("Bob")
    await people.install(other, installed)
    _expect(await other.put(f"/plugins/{installed}/reviews/mine", json={"rating": 5, "text": "Good."}), 201)
    leaver = Leaver(people)
    await leaver.arrive(installed)
    return leaver


async def test_an_account_takes_everything_along_and_leaves_nothing_behind(
    people: People,
    leaver: Leaver,
    database_for: SessionDatabase,
    redis_url: str,
    opensearch_url: str,
    index_prefix: str,
) -> None:
    public = people.visitor()

    async def everything_has_arrived() -> bool:
        detail = (await public.get(f"/plugins/{leaver.installed}")).json()
        assert (detail["install_count"], detail["rating"]) == (2, {"average": 3.0, "count": 2})
        assert (await public.get(f"/plugins/{leaver.public}")).json()["author"]["name"] == leaver.display_name
        assert await _documents_with(opensearch_url, index_prefix, leaver.words) == 1
        [install] = (await leaver.laptop.get("/user/plugins")).json()["items"]
        return bool(install["settings"]["tag"] == leaver.setting)

    await eventually(everything_has_arrived, WAIT_SECONDS)
    exported = await leaver.export()
    text = json.dumps(exported)
    assert [word for word in leaver.words if word not in text] == []
    kinds = {(item["service"], item["kind"]) for item in exported}
    assert {("installs", "install"), ("catalog", "review"), ("publishing", "plugin")} <= kinds
    assert {("publishing", "submission"), ("auth", "account"), ("auth", "session"), ("auth", "log-entry")} <= kinds
    assert PASSWORD not in text
    # The searches find what there is: without that, it would mean nothing that they find nothing.
    assert len(_rows_with(database_for, leaver.words)) >= 10
    assert len(await _redis_with(redis_url, leaver.words)) >= 2

    _expect(await leaver.delete(), 204)

    async def is_signed_out() -> bool:
        return (await leaver.phone.get("/auth/sessions")).status_code == httpx.codes.UNAUTHORIZED

    # A second is what is promised; the rest is for a busy machine and the pauses of the wait.
    await eventually(is_signed_out, 1.5, saying="the other session is over")

    async def nothing_is_left() -> bool:
        # Events that are not relayed yet are rows of outboxes: they go within moments, so nothing is left out here.
        assert _rows_with(database_for, leaver.words) == []
        assert await _redis_with(redis_url, leaver.words) == []
        assert await _documents_with(opensearch_url, index_prefix, leaver.words) == 0
        return True

    await eventually(nothing_is_left, WAIT_SECONDS)
    await eventually(lambda: _others_see_it(people, leaver), WAIT_SECONDS)
    signing_in = await people.visitor().post("/auth/login", json={"email": leaver.email, "password": PASSWORD})
    assert (signing_in.status_code, signing_in.json()["code"]) == (401, "credentials_invalid")
    again = people.visitor()
    body = {"email": leaver.email, "password": PASSWORD, "name": leaver.name}
    _expect(await again.post("/auth/register", json=body), 201)
    assert (await again.get("/user/plugins")).json()["items"] == []
    assert (await again.get("/developer/plugins")).status_code == httpx.codes.FORBIDDEN


async def _others_see_it(people: People, leaver: Leaver) -> bool:
    public, reviewer = people.visitor(), await people.reviewer()
    detail = (await public.get(f"/plugins/{leaver.installed}")).json()
    assert (detail["install_count"], detail["rating"]) == (1, {"average": 5.0, "count": 1})
    reviews = (await public.get(f"/plugins/{leaver.installed}/reviews")).json()["items"]
    assert [review["user"]["name"] for review in reviews] == ["Bob"]
    left = (await public.get(f"/plugins/{leaver.public}")).json()
    assert (left["author"]["name"], left["latest_version"]) == (DELETED_NAME, "1.0.0")
    assert (await public.get(f"/plugins/{leaver.public}/versions/1.0.0/bundle")).status_code == httpx.codes.OK
    queue = (await reviewer.get("/review/queue", params={"limit": 100})).json()["items"]
    assert leaver.public not in json.dumps(queue)
    return True


async def test_what_is_written_while_an_account_is_deleted_does_not_come_back(
    people: People, leaver: Leaver, database_for: SessionDatabase
) -> None:
    address = f"/plugins/{leaver.installed}/reviews/mine"
    opinions = [{"rating": rating, "text": f"{leaver.opinion} {rating}"} for rating in (1, 2, 3, 4)]
    settings = [{"settings": {"theme": "dark", "tag": f"{leaver.setting}{number}"}} for number in range(4)]
    await asyncio.gather(
        *(leaver.phone.put(address, json=body) for body in opinions),
        leaver.delete(),
        *(leaver.phone.patch(f"/user/plugins/{leaver.installed}", json=body) for body in settings),
        *(leaver.phone.post("/user/plugins/install", json={"plugin_id": leaver.public}) for _ in range(4)),
    )

    async def nothing_is_left() -> bool:
        assert _rows_with(database_for, leaver.words) == []
        return await _others_see_it(people, leaver)

    await eventually(nothing_is_left, WAIT_SECONDS)
