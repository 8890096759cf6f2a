"""The feed as JSON: long polls, places to go on from, hostile input."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from catalog.domain.changes import ChangeType
from catalog.usecases.change_watch import CHANGE_POLLS, IDLE_SECONDS
from catalog.usecases.read_changes import ReadChanges
from catalog.usecases.record_changes import RecordChanges
from chassis.cursors import encode_cursor
from testkit.waiting import eventually

URL = "/api/v1/changes"


@pytest.fixture
def served(app: FastAPI) -> ReadChanges:
    feed: ReadChanges = app.state.read_changes
    return feed


async def _now(client: httpx.AsyncClient) -> str:
    answer = await client.get(URL, params={"since": "now", "wait": 0})
    assert answer.status_code == 200, answer.text
    assert answer.json()["changes"] == []
    cursor: str = answer.json()["cursor"]
    return cursor


async def test_a_change_is_a_cloudevent_with_the_id_it_has_on_kafka(
    client: httpx.AsyncClient, record: RecordChanges, told: Any
) -> None:
    since = await _now(client)
    document, removal = told.document(text="größer\u2028"), told.removal()
    await record.record([document])
    answer = await client.get(URL, params={"since": since})
    assert answer.headers["cache-control"] == "no-store"
    [event] = answer.json()["changes"]
    assert (event["specversion"], event["id"], event["type"]) == ("1.0", str(document.event_id), "plugin-document.v1")
    assert (event["subject"], event["sequence"], event["source"]) == (told.key, 1, "/test")
    assert event["data"] == json.loads(document.data)
    await record.record([removal])
    following = await client.get(answer.headers["link"].split(">")[0].removeprefix("<"))
    [gone] = following.json()["changes"]
    assert (gone["id"], gone["type"], gone["data"]) == (str(removal.event_id), "plugin-document.removed.v1", None)
    again = await client.get(URL, params={"since": str(document.event_id)})
    assert [event["id"] for event in again.json()["changes"]] == [str(removal.event_id)]


async def test_a_poll_waits_for_news_and_ends_empty_when_none_comes(
    client: httpx.AsyncClient, record: RecordChanges, told: Any, served: ReadChanges
) -> None:
    since = await _now(client)
    waiting = asyncio.create_task(client.get(URL, params={"since": since, "wait": 30}))
    await eventually(lambda: served.watch.waiting == 1)
    await record.record([told.document()])
    async with asyncio.timeout(10):
        assert len((await waiting).json()["changes"]) == 1
    nothing = await client.get(URL, params={"since": "now", "wait": 1})
    assert nothing.json()["changes"] == []
    assert nothing.json()["cursor"]


async def test_only_the_wanted_types_are_told_and_others_do_not_end_the_wait(
    client: httpx.AsyncClient, record: RecordChanges, told: Any, served: ReadChanges
) -> None:
    since = await _now(client)
    params: dict[str, Any] = {"since": since, "wait": 30, "types": ["plugin-version.published.v1", "review.posted.v1"]}
    waiting = asyncio.create_task(client.get(URL, params=params))
    await eventually(lambda: served.watch.waiting == 1)
    await record.record([told.document()])
    await asyncio.sleep(2 * IDLE_SECONDS)  # the document is seen, and is not what was asked for
    assert not waiting.done()
    version = told.version()
    await record.record([version])
    [event] = (await waiting).json()["changes"]
    assert event["id"] == str(version.event_id)
    link = (await waiting).headers["link"]
    assert link.count("types=") == 2
    both = await client.get(URL, params={"since": since, "types": ChangeType.DOCUMENT})
    assert [event["type"] for event in both.json()["changes"]] == ["plugin-document.v1"]


async def test_two_hundred_waiting_readers_cost_one_poll_and_one_page(
    client: httpx.AsyncClient, record: RecordChanges, told: Any, served: ReadChanges
) -> None:
    since = await _now(client)
    readers = [asyncio.create_task(client.get(URL, params={"since": since, "wait": 30})) for _ in range(200)]
    await eventually(lambda: served.watch.waiting == 200, 30)
    polls, began_at = CHANGE_POLLS._value.get(), asyncio.get_running_loop().time()
    await asyncio.sleep(4 * IDLE_SECONDS)
    seconds = asyncio.get_running_loop().time() - began_at
    assert 1 <= CHANGE_POLLS._value.get() - polls <= seconds / IDLE_SECONDS + 2
    document = told.document()
    await record.record([document])
    answers = await asyncio.gather(*readers)
    ids = [[event["id"] for event in answer.json()["changes"]] for answer in answers]
    assert ids == [[str(document.event_id)]] * 200
    assert len({answer.json()["cursor"] for answer in answers}) == 1
    await eventually(lambda: served.watch._looking is None or served.watch._looking.done(), saying="nobody looks now")


@pytest.mark.parametrize(
    ("since", "parameter"),
    [
        ("", "since"),
        ("x" * 5_000, "since"),
        ("99999999999999999999999999", "since"),
        ("-1", "since"),
        ("Now", "since"),
        ("ünïcödé-\u202e", "since"),
        ("6f9619ff8b864d01b42d00cf4fc964ff", "since"),
        ("{6f9619ff-8b86-4d01-b42d-00cf4fc964ff}", "since"),
        (encode_cursor("versions:x", [1, 2]), "since"),
        (encode_cursor("changes", [-1, 2]), "since"),
        (encode_cursor("changes", [True, 2]), "since"),
        (encode_cursor("changes", ["1; DROP TABLE changes", 2]), "since"),
    ],
)
async def test_a_place_that_cannot_be_read_is_refused_by_name(
    client: httpx.AsyncClient, since: str, parameter: str
) -> None:
    answer = await client.get(URL, params={"since": since, "wait": 0})
    assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid")
    assert answer.json()["errors"][0]["parameter"] == parameter
    assert "without either" in answer.json()["remedy"]


async def test_other_hostile_input_is_refused(client: httpx.AsyncClient) -> None:
    assert (await client.get(f"{URL}?since=%00")).status_code == 422
    assert (await client.get(f"{URL}?since=%ff")).status_code == 422
    for query in (
        "limit=0",
        "limit=501",
        "limit=x",
        "wait=-1",
        "wait=31",
        "types=plugin.registered.v1",
        "counts=maybe",
    ):
        answer = await client.get(f"{URL}?{query}")
        assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid"), query
        assert answer.json()["errors"][0]["parameter"] == query.split("=")[0]
    header = await client.get(URL, headers=[(b"last-event-id", "ü".encode())])
    assert (header.status_code, header.json()["errors"][0]["parameter"]) == (400, "Last-Event-ID")
    assert (await client.post(URL)).status_code == 405


async def test_a_place_beyond_everything_or_of_an_unknown_event_is_gone(client: httpx.AsyncClient) -> None:
    for since in (str(uuid4()), encode_cursor("changes", [2**53 - 1, 0])):
        answer = await client.get(URL, params={"since": since, "wait": 0})
        assert (answer.status_code, answer.json()["code"]) == (410, "changes_gone")
        assert "without 'since'" in answer.json()["remedy"]


async def test_the_header_wins_over_the_address(client: httpx.AsyncClient, record: RecordChanges, told: Any) -> None:
    facts = [told.document(), told.version(), told.version()]
    await record.record(facts)
    ids = [str(fact.event_id) for fact in facts]
    answer = await client.get(URL, params={"since": ids[0]}, headers={"last-event-id": ids[1]})
    assert [event["id"] for event in answer.json()["changes"]] == [ids[2]]
    unset = await client.get(URL, params={"since": ids[0]}, headers={"last-event-id": ""})
    assert [event["id"] for event in unset.json()["changes"]] == ids[1:]


async def test_more_readers_than_a_process_serves_are_sent_away_for_a_while(
    client: httpx.AsyncClient, served: ReadChanges, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served, "_max_readers", 0)
    for accept in ("application/json", "text/event-stream"):
        answer = await client.get(URL, params={"since": "now"}, headers={"accept": accept})
        assert (answer.status_code, answer.json()["code"]) == (503, "too_many_readers")
        assert int(answer.headers["retry-after"]) >= 1
