"""Accounts that are no more: what is published stays without their name, what is not goes."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from chassis.db import Database
from contracts.envelope import Event
from contracts.events.accounts import AccountDeleted
from contracts.identity import DELETED_NAME
from publishing.consumers.accounts import accounts_subscription
from publishing.usecases.erase_account import EraseAccount
from testkit.waiting import eventually

Erase = Callable[[str], Awaitable[None]]
NAME = "Dora Developer"


@pytest.fixture
def erase(database: Database) -> Erase:
    handler = accounts_subscription(EraseAccount(database=database)).handler

    async def erase(user_id: str) -> None:
        fact = AccountDeleted(user_id=UUID(user_id), deleted_at=datetime.now(UTC))
        event = Event(
            id=uuid4(), type=fact.event_type, source="/test", key=user_id, sequence=3, time=datetime.now(UTC),
            data=fact.model_dump_json().encode(),
        )  # fmt: skip
        await handler([event])

    return erase


@pytest.mark.usefixtures("worker")
async def test_what_is_published_stays_without_a_name_and_what_is_not_goes(
    person: Any, erase: Erase, rows_of: Any, outbox_of: Any, buckets: Any, manifest_of: Any
) -> None:
    developer, reviewer = person("developer", name=NAME), person("reviewer", name="Rita Reviewer")
    public = await developer.register(description=f"Made by {NAME}.")
    sent = (await developer.send(public)).json()["id"]
    await developer.submission_in(sent, "awaiting_review")
    await reviewer.approve(sent)
    await developer.submission_in(sent, "published")
    pending = (
        await developer.send(
            public, "1.1.0", manifest=manifest_of(public, "1.1.0", author=NAME), changelog=f"By {NAME}"
        )
    ).json()["id"]
    await developer.submission_in(pending, "awaiting_review")
    draft = await developer.register(name=NAME, description=f"Of {NAME}", homepage="https://dora.test")

    await erase(developer.subject)
    await erase(developer.subject)

    [plugin] = await rows_of("SELECT * FROM plugins WHERE id = :id", id=public)
    assert (plugin.author_name, plugin.status, plugin.description) == (DELETED_NAME, "published", f"Made by {NAME}.")
    [empty] = await rows_of("SELECT * FROM plugins WHERE id = :id", id=draft)
    assert (empty.name, empty.description, empty.homepage, empty.author_name) == (
        draft,
        DELETED_NAME,
        None,
        DELETED_NAME,
    )
    for plugin_id in (public, draft):
        events = await outbox_of(plugin_id)
        assert events[-1].type == "plugin.updated.v1"
        assert events[-1].payload["plugin"]["author"]["name"] == DELETED_NAME
        assert [event.sequence for event in events] == list(range(1, len(events) + 1)), "a repeat states nothing"
    rows = {str(row.id): row for row in await rows_of("SELECT * FROM submissions WHERE plugin_id = :id", id=public)}
    assert (rows[sent].status, rows[sent].submitter_name) == ("published", DELETED_NAME)
    assert (rows[pending].status, rows[pending].submitter_name) == ("withdrawn", DELETED_NAME)
    assert (rows[pending].manifest, rows[pending].changelog) == ({}, "")
    await eventually(lambda: buckets.quarantined(pending) == [], saying="its files have left quarantine")
    assert buckets.bundle_keys(f"{public}/1.0.0/") != []


@pytest.mark.usefixtures("worker")
async def test_a_reviewer_who_is_no_more_loses_the_name_and_the_decision_stays(
    person: Any, erase: Erase, rows_of: Any, database: Database
) -> None:
    developer, reviewer = person("developer"), person("reviewer", name="Rita Reviewer")
    sent = (await developer.send(await developer.register())).json()["id"]
    await developer.submission_in(sent, "awaiting_review")
    await reviewer.reject(sent, "Not good.")
    await erase(reviewer.subject)
    await erase(reviewer.subject)
    [decision] = await rows_of("SELECT * FROM decisions WHERE submission_id = CAST(:id AS uuid)", id=sent)
    assert (decision.reviewer_name, decision.verdict, decision.text) == (DELETED_NAME, "reject", "Not good.")
    for change in ("text = 'Good.'", "reviewer_name = 'Somebody'"):
        with pytest.raises(IntegrityError, match="never change"):
            async with database.transaction() as connection:
                await connection.execute(
                    text(f"UPDATE decisions SET {change} WHERE submission_id = CAST(:id AS uuid)"),
                    {"id": sent},
                )


async def test_whoever_is_no_more_writes_nothing(person: Any, erase: Erase, rows_of: Any) -> None:
    developer = person("developer", name=NAME)
    plugin_id = await developer.register()
    await erase(developer.subject)
    body = {"id": f"p-{uuid4().hex[:12]}", "name": "x", "description": "x", "category": "utilities"}
    for answer in (
        await developer.post("/developer/plugins", json=body),
        await developer.patch(f"/developer/plugins/{plugin_id}", json={"name": NAME}),
        await developer.send(plugin_id),
    ):
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert await rows_of("SELECT FROM submissions WHERE plugin_id = :id", id=plugin_id) == []


@pytest.mark.usefixtures("worker")
async def test_an_export_has_plugins_submissions_and_decisions_in_pages(person: Any) -> None:
    developer = person("developer", "reviewer")
    ids = [await developer.register() for _ in range(22)]
    sent = (await developer.send(ids[0])).json()["id"]
    other = person("developer")
    foreign = (await other.send(await other.register())).json()["id"]
    await other.submission_in(foreign, "awaiting_review")
    await developer.reject(foreign, "Not good.")
    first = (await developer.get("/developer/export")).json()
    second = (await developer.get(first["next"].removeprefix("/api/v1"))).json()
    assert (first["service"], second["next"]) == ("publishing", None)
    items = [*first["data"], *second["data"]]
    assert [item["kind"] for item in items] == ["decision", *["plugin"] * 22, "submission"]
    assert sorted(item["id"] for item in items[1:-1]) == sorted(ids)
    assert (items[-1]["id"], items[0]["text"]) == (sent, "Not good.")
