"""Accounts that are no more: reviews go, ratings follow, and nothing late brings anything back."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from catalog.consumers.accounts import accounts_subscription
from catalog.consumers.changes import changes_subscription
from catalog.usecases.erase_account import EraseAccount
from catalog.usecases.record_changes import RecordChanges
from chassis.clock import SystemClock
from chassis.db import Database
from contracts.envelope import Event, EventData
from contracts.events.accounts import AccountDeleted
from contracts.events.documents import PluginDocument
from contracts.events.plugins import PluginVersionPublished
from contracts.identity import DELETED_NAME

Erase = Callable[[UUID], Awaitable[None]]


def event_of(data: EventData, *, key: str, sequence: int) -> Event:
    return Event(
        id=uuid4(), type=data.event_type, source="/test", key=key, sequence=sequence, time=datetime.now(UTC),
        data=data.model_dump_json().encode(),
    )  # fmt: skip


@pytest.fixture
def erase(database: Database) -> Erase:
    handler = accounts_subscription(EraseAccount(database=database)).handler

    async def erase(user_id: UUID) -> None:
        fact = AccountDeleted(user_id=user_id, deleted_at=datetime.now(UTC))
        await handler([event_of(fact, key=str(user_id), sequence=9)])

    return erase


@pytest.fixture
def review(client: httpx.AsyncClient, token_for: Any) -> Any:
    async def put(user_id: UUID, plugin_id: str, rating: int) -> httpx.Response:
        return await client.put(
            f"/api/v1/plugins/{plugin_id}/reviews/mine",
            json={"rating": rating, "text": "What I think."},
            headers=token_for.headers(subject=user_id, name="Rhea Viewer"),
        )

    return put


async def test_reviews_go_once_and_ratings_follow(
    publisher: Any, another_publisher: Any, review: Any, erase: Erase, tables: Any
) -> None:
    deleted, other = uuid4(), uuid4()
    for each in (publisher, another_publisher):
        await each.send(version="1.0.0")
        assert (await review(deleted, each.plugin_id, 1)).status_code == 201
        assert (await review(other, each.plugin_id, 4)).status_code == 201
    await another_publisher.send(status="suspended")
    await erase(deleted)
    await erase(deleted)
    for each in (publisher, another_publisher):
        row = await tables.plugin(each.plugin_id)
        assert (row.rating_count, row.rating_sum, list(row.rating_histogram)) == (1, 4, [0, 0, 0, 1, 0])
        events = await tables.outbox(each.plugin_id, "reviews.v1")
        assert [event.type for event in events] == ["review.posted.v1", "review.posted.v1", "review.removed.v1"]
        assert [event.sequence for event in events] == [1, 2, 3]
    late = await review(deleted, publisher.plugin_id, 5)
    assert (late.status_code, late.json()["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize("turn", range(4))
async def test_no_review_beside_the_erasure_is_left(
    publisher: Any, review: Any, erase: Erase, tables: Any, turn: int
) -> None:
    await publisher.send(version="1.0.0")
    deleted = uuid4()

    async def erase_soon() -> None:
        for _ in range(turn * 2):
            await tables.plugin(publisher.plugin_id)  # lets some of the reviews pass
        await erase(deleted)

    *answers, _ = await asyncio.gather(
        *(review(deleted, publisher.plugin_id, rating) for rating in (1, 2, 3, 4)), erase_soon()
    )
    assert {answer.status_code for answer in answers} <= {200, 201, 401}
    assert await tables.run("SELECT FROM reviews WHERE user_id = :id", id=deleted) == []
    assert (await tables.plugin(publisher.plugin_id)).rating_count == 0


async def test_the_change_feed_forgets_an_authors_name_whichever_comes_first(
    publisher: Any, erase: Erase, tables: Any, database: Database
) -> None:
    feed = changes_subscription(RecordChanges(database=database, clock=SystemClock())).handler
    plugin_id, author_id = publisher.plugin_id, publisher.author_id

    async def state_version(version: str) -> None:
        change = await publisher.send(version=version)
        published = PluginVersionPublished(plugin=change.state, version=change.version)
        document = (await tables.outbox(plugin_id))[-1]
        data = PluginDocument.model_validate(document.payload)
        await feed(
            [
                event_of(published, key=plugin_id, sequence=change.sequence),
                event_of(data, key=plugin_id, sequence=document.sequence),
            ]
        )

    async def names() -> set[str]:
        rows = await tables.run("SELECT data FROM changes WHERE key = :key AND data IS NOT NULL", key=plugin_id)
        return {(row.data.get("plugin") or row.data)["author"]["name"] for row in rows}

    await state_version("1.0.0")
    assert await names() == {"Ann Author"}
    await erase(author_id)
    assert await names() == {DELETED_NAME}
    await state_version("1.1.0")  # an event of before, which comes late
    assert await names() == {DELETED_NAME}


async def test_an_export_has_every_review_of_the_caller(
    publisher: Any, another_publisher: Any, review: Any, client: httpx.AsyncClient, token_for: Any
) -> None:
    user_id = uuid4()
    for each in (publisher, another_publisher):
        await each.send(version="1.0.0")
        await review(user_id, each.plugin_id, 3)
    page = (await client.get("/api/v1/reviews/export", headers=token_for.headers(subject=user_id))).json()
    assert (page["service"], page["next"]) == ("catalog", None)
    assert [item["plugin_id"] for item in page["data"]] == sorted([publisher.plugin_id, another_publisher.plugin_id])
    assert {item["text"] for item in page["data"]} == {"What I think."}
