import asyncio
import base64
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from contracts.slugs import RESERVED_PLUGIN_IDS


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.json()["remedy"]
    return answer.status_code, answer.json()["code"]


def listing(**other: Any) -> dict[str, Any]:
    return {
        "id": f"p-{uuid4().hex[:12]}", "name": "A plugin", "description": "Does.", "category": "maps", **other
    }  # fmt: skip


async def test_a_registered_plugin_is_a_draft_of_its_developer(
    developer: Any, outbox_of: Callable[[str], Awaitable[list[Any]]]
) -> None:
    body = listing(
        tags=["Karten", "d3.js", "\u5730\u56fe"], icon_url="https://example.com/i.png", license="MIT",
        homepage="http://example.com", repository="https://example.com/r",
    )  # fmt: skip
    answer = await developer.post("/developer/plugins", json=body)
    assert answer.status_code == 201
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["location"] == f"/api/v1/developer/plugins/{body['id']}"
    plugin = answer.json()
    assert {**plugin, **body} == plugin
    assert (plugin["status"], plugin["author_name"], plugin["revision"]) == ("draft", "Ann", 1)
    (event,) = await outbox_of(body["id"])
    assert (event.aggregatetype, event.type, event.sequence) == ("plugins.v1", "plugin.registered.v1", 1)
    assert event.payload["plugin"]["author"] == {"id": developer.subject, "name": "Ann"}
    assert event.traceparent is not None


async def test_an_id_is_taken_once_also_by_many_at_once(person: Callable[..., Any]) -> None:
    body = listing()
    people = [person("developer") for _ in range(5)]
    answers = await asyncio.gather(*(each.post("/developer/plugins", json=body) for each in people))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    assert {problem(answer) for answer in answers if answer.status_code != 201} == {(409, "plugin_id_taken")}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "Upper"), ("id", "a"), ("id", "a--b"), ("id", "-a"), ("id", "a" * 65), ("id", "a\n"), ("id", 1),
        ("name", ""), ("name", "x" * 101), ("name", " padded"), ("name", "a\u202eb"), ("name", "a\u200bb"),
        ("name", "a\nb"), ("name", "\u3164"), ("name", None),
        ("description", ""), ("description", "x" * 1001), ("description", "a\x1b[31m"),
        ("category", "unheard-of"), ("category", None),
        ("tags", "one"), ("tags", ["a", "a"]), ("tags", [""]), ("tags", ["x" * 51]), ("tags", ["a"] * 51),
        ("icon_url", "javascript:alert(1)"), ("icon_url", "https://user@example.com"), ("icon_url", "//example.com"),
        ("homepage", "ftp://example.com"), ("repository", "https://" + "x" * 500), ("license", ""),
        ("owner_id", str(uuid4())), ("status", "published"), ("sequence", 5),
    ],
)  # fmt: skip
async def test_a_field_that_is_not_as_documented_is_named(developer: Any, field: str, value: Any) -> None:
    answer = await developer.post("/developer/plugins", json=listing(**{field: value}))
    assert problem(answer) == (422, "request_invalid")
    assert answer.json()["errors"][0]["pointer"].startswith(f"/{field}")


@pytest.mark.parametrize("word", sorted(RESERVED_PLUGIN_IDS)[:4])
async def test_reserved_words_are_no_ids(developer: Any, word: str) -> None:
    assert problem(await developer.post("/developer/plugins", json=listing(id=word))) == (422, "request_invalid")


@pytest.mark.parametrize("content", [b"", b"{", b"[1", b"\xff", b'{"id": "a", "id": "b"}', b"{'id': 1}"])
async def test_a_body_that_is_no_json_is_refused(developer: Any, content: bytes) -> None:
    headers = {**developer.headers, "content-type": "application/json"}
    answer = await developer.client.post("/api/v1/developer/plugins", content=content, headers=headers)
    assert problem(answer) in {(400, "body_not_json"), (422, "request_invalid")}


async def test_a_change_raises_the_revision_and_says_so(
    developer: Any, outbox_of: Callable[[str], Awaitable[list[Any]]]
) -> None:
    plugin_id = await developer.register(homepage="https://example.com")
    answer = await developer.patch(
        f"/developer/plugins/{plugin_id}", json={"name": "New name", "tags": ["x"], "homepage": None}
    )
    assert answer.status_code == 200
    assert (answer.json()["name"], answer.json()["homepage"], answer.headers["etag"]) == ("New name", None, '"2"')
    assert f'"plugin:{plugin_id}"' in answer.headers["cache-group-invalidation"]
    events = await outbox_of(plugin_id)
    assert [(event.type, event.sequence) for event in events] == [
        ("plugin.registered.v1", 1), ("plugin.updated.v1", 2),
    ]  # fmt: skip
    assert events[1].payload["plugin"]["name"] == "New name"


@pytest.mark.parametrize("changes", [{}, {"name": "Same"}, {"tags": ["a"], "category": "maps"}])
async def test_a_change_that_changes_nothing_is_no_event(
    developer: Any, changes: dict[str, Any], outbox_of: Callable[[str], Awaitable[list[Any]]]
) -> None:
    plugin_id = await developer.register(name="Same", tags=["a"], category="maps")
    answer = await developer.patch(f"/developer/plugins/{plugin_id}", json=changes)
    assert (answer.status_code, answer.json()["revision"]) == (200, 1)
    assert len(await outbox_of(plugin_id)) == 1


@pytest.mark.parametrize("changes", [{"name": None}, {"category": None}, {"tags": None}, {"id": "other"}, {"x": 1}])
async def test_what_cannot_be_changed_is_refused(developer: Any, changes: dict[str, Any]) -> None:
    plugin_id = await developer.register()
    answer = await developer.patch(f"/developer/plugins/{plugin_id}", json=changes)
    assert problem(answer) == (422, "request_invalid")
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{field}" for field in changes]


@pytest.mark.parametrize(
    ("if_match", "status"), [('"1", "7"', 200), (" * ", 200), ('W/"1"', 412), ("1", 412), ('"7"', 412), ("", 412)]
)
async def test_if_match_is_read_as_http_says(developer: Any, if_match: str, status: int) -> None:
    path = f"/developer/plugins/{await developer.register()}"
    assert (await developer.patch(path, json={"name": "New"}, if_match=if_match)).status_code == status


@pytest.mark.parametrize("item_id", ["\\u0000", "\\ud800"])
async def test_a_forged_cursor_is_refused(developer: Any, item_id: str) -> None:
    content = f'["2026-01-01T00:00:00+00:00","{item_id}"]'.encode()
    digest = hashlib.sha256(f"developer/plugins:{developer.subject}\0".encode() + content).digest()[:6]
    cursor = base64.urlsafe_b64encode(digest + content).rstrip(b"=").decode()
    answer = await developer.get(f"/developer/plugins?cursor={cursor}")
    assert problem(answer) == (400, "cursor_invalid")


async def test_a_change_of_something_older_is_refused(developer: Any) -> None:
    plugin_id = await developer.register()
    path = f"/developer/plugins/{plugin_id}"
    assert (await developer.patch(path, json={"name": "A"}, if_match='"1"')).status_code == 200
    assert problem(await developer.patch(path, json={"name": "B"}, if_match='"1"')) == (412, "revision_mismatch")
    assert (await developer.patch(path, json={"name": "B"}, if_match="*")).status_code == 200
    assert (await developer.get(path)).headers["etag"] == '"3"'


async def test_of_two_conditional_changes_at_once_one_wins(developer: Any) -> None:
    path = f"/developer/plugins/{await developer.register()}"
    answers = await asyncio.gather(
        *(developer.patch(path, json={"name": f"Name {number}"}, if_match='"1"') for number in range(5))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412]


async def test_changes_of_different_fields_at_once_are_all_kept(developer: Any) -> None:
    path = f"/developer/plugins/{await developer.register()}"
    wanted: dict[str, Any] = {
        "name": "New name", "description": "New words.", "category": "maps", "tags": ["new"], "license": "MIT",
        "homepage": "https://example.com", "repository": "https://example.com/r", "icon_url": "https://example.com/i",
    }  # fmt: skip
    await asyncio.gather(*(developer.patch(path, json={field: value}) for field, value in wanted.items()))
    plugin = (await developer.get(path)).json()
    assert {**plugin, **wanted} == plugin


async def test_a_stranger_sees_and_changes_nothing(developer: Any, person: Callable[..., Any]) -> None:
    plugin_id = await developer.register()
    submission_id = (await developer.send(plugin_id)).json()["id"]
    stranger = person("developer")
    for answer in (
        await stranger.get(f"/developer/plugins/{plugin_id}"),
        await stranger.patch(f"/developer/plugins/{plugin_id}", json={"name": "Mine"}),
        await stranger.delete(f"/developer/plugins/{plugin_id}/versions/1.0.0"),
        await stranger.get(f"/developer/submissions/{submission_id}"),
    ):
        assert problem(answer) == (403, "not_owner")
    assert (await stranger.get("/developer/plugins")).json()["items"] == []


async def test_pages_of_plugins_follow_one_another_without_gaps(developer: Any) -> None:
    registered = [await developer.register() for _ in range(5)]
    found: list[str] = []
    path: str | None = "/developer/plugins?limit=2"
    while path is not None:
        answer = await developer.get(path)
        assert answer.json()["total"] == 5
        found += [item["id"] for item in answer.json()["items"]]
        link = answer.headers.get("link")
        path = link.split(">")[0].removeprefix("</api/v1") if link else None
        assert (answer.json()["next_cursor"] is None) == (path is None)
    assert found == registered[::-1]


@pytest.mark.parametrize("query", ["cursor=x", "cursor=%F0%9F%98%80", "cursor=" + "A" * 2_000])
async def test_a_broken_cursor_is_refused(developer: Any, reviewer: Any, query: str) -> None:
    assert problem(await developer.get(f"/developer/plugins?{query}")) == (400, "cursor_invalid")
    assert problem(await reviewer.get(f"/review/queue?{query}")) == (400, "cursor_invalid")


async def test_a_cursor_of_another_developer_is_refused(developer: Any, person: Callable[..., Any]) -> None:
    for _ in range(2):
        await developer.register()
    cursor = (await developer.get("/developer/plugins?limit=1")).json()["next_cursor"]
    assert problem(await person("developer").get(f"/developer/plugins?cursor={cursor}")) == (400, "cursor_invalid")


@pytest.mark.parametrize("limit", ["0", "101", "-1", "many"])
async def test_a_limit_out_of_range_is_refused(developer: Any, reviewer: Any, limit: str) -> None:
    for answer in (
        await developer.get(f"/developer/plugins?limit={limit}"),
        await reviewer.get(f"/review/queue?limit={limit}"),
    ):
        assert problem(answer) == (422, "request_invalid")
        assert answer.json()["errors"][0]["parameter"] == "limit"


async def test_unknown_plugins_and_submissions_are_not_found(developer: Any, reviewer: Any) -> None:
    assert problem(await developer.get("/developer/plugins/no-such")) == (404, "plugin_not_found")
    assert problem(await developer.get("/developer/plugins/NO")) == (404, "plugin_not_found")
    assert problem(await developer.patch("/developer/plugins/no-such", json={})) == (404, "plugin_not_found")
    for known in (uuid4(), "x"):
        assert problem(await developer.get(f"/developer/submissions/{known}")) == (404, "submission_not_found")
        assert problem(await reviewer.get(f"/review/submissions/{known}")) == (404, "submission_not_found")
        assert problem(await reviewer.get(f"/review/submissions/{known}/bundle")) == (404, "submission_not_found")
        assert problem(await reviewer.approve(str(known))) == (404, "submission_not_found")


async def test_a_route_needs_its_role(
    developer: Any, reviewer: Any, administrator: Any, client: httpx.AsyncClient
) -> None:
    plugin_id = await developer.register()
    wanted = {
        "/developer/plugins": developer,
        f"/developer/plugins/{plugin_id}": developer,
        "/review/queue": reviewer,
        f"/review/submissions/{uuid4()}": reviewer,
        f"/review/submissions/{uuid4()}/bundle": reviewer,
    }
    for path, allowed in wanted.items():
        for somebody in (developer, reviewer, administrator):
            if somebody is not allowed:
                assert problem(await somebody.get(path)) == (403, "forbidden")
        assert problem(await client.get(f"/api/v1{path}")) == (401, "unauthenticated")
    for action in ("suspend", "restore"):
        for somebody in (developer, reviewer):
            answer = await somebody.post(f"/admin/plugins/{plugin_id}/{action}", json={"reason": "x"})
            assert problem(answer) == (403, "forbidden")


async def test_an_anonymous_visitor_is_asked_to_sign_in(client: httpx.AsyncClient, token_for: Any) -> None:
    headers = token_for.headers(kind="anonymous")
    answer = await client.get("/api/v1/developer/plugins", headers=headers)
    assert problem(answer) == (401, "unauthenticated")


async def test_suspending_and_restoring_again_changes_nothing_more(
    developer: Any, administrator: Any, outbox_of: Callable[[str], Awaitable[list[Any]]]
) -> None:
    plugin_id = await developer.register()
    for _ in range(2):
        answer = await administrator.post(f"/admin/plugins/{plugin_id}/suspend", json={"reason": "Malware."})
        assert (answer.status_code, answer.json()["status"]) == (200, "suspended")
        assert answer.json()["suspended_reason"] == "Malware."
    for _ in range(2):
        answer = await administrator.post(f"/admin/plugins/{plugin_id}/restore")
        assert (answer.status_code, answer.json()["status"]) == (200, "draft")
        assert answer.json()["suspended_reason"] is None
    events = await outbox_of(plugin_id)
    assert [(event.type, event.sequence) for event in events] == [
        ("plugin.registered.v1", 1), ("plugin.suspended.v1", 2), ("plugin.restored.v1", 3),
    ]  # fmt: skip
    assert events[1].payload["reason"] == "Malware."
    assert problem(await administrator.post("/admin/plugins/no-such/restore")) == (404, "plugin_not_found")
    no_reason = await administrator.post(f"/admin/plugins/{plugin_id}/suspend", json={})
    assert no_reason.json()["errors"][0]["pointer"] == "/reason"
