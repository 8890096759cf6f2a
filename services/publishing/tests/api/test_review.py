import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from testkit.waiting import eventually

Rows = Callable[..., Awaitable[list[Any]]]
BUNDLE = b"exports.activate = () => 1;\n"


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.json()["remedy"]
    return answer.status_code, answer.json()["code"]


async def _waiting(developer: Any, version: str = "1.0.0", plugin_id: str | None = None) -> tuple[str, str]:
    known = plugin_id or await developer.register()
    sent = await developer.send(known, version, bundle=BUNDLE)
    submission_id = sent.json()["id"]
    await developer.submission_in(submission_id, "awaiting_review")
    return known, submission_id


@pytest.mark.usefixtures("worker")
async def test_a_reviewer_sees_all_that_is_needed_to_judge(developer: Any, reviewer: Any) -> None:
    plugin_id, submission_id = await _waiting(developer)
    body = (await reviewer.get(f"/review/submissions/{submission_id}")).json()
    assert body["manifest"]["id"] == plugin_id
    assert body["plugin"]["id"] == plugin_id
    assert body["file_size_bytes"] == len(BUNDLE)
    assert body["submitter_id"] == developer.subject
    assert len(body["verdicts"]) == 4
    download = await reviewer.get(body["bundle_url"].removeprefix("/api/v1"))
    assert download.headers["x-checksum-sha256"] == body["sha256"]
    assert download.headers["content-disposition"].startswith("attachment")
    assert download.headers["cache-control"] == "private, no-store"
    assert download.content == b""


@pytest.mark.usefixtures("worker")
async def test_nobody_decides_on_their_own_plugin(person: Callable[..., Any]) -> None:
    both = person("developer", "reviewer")
    _, submission_id = await _waiting(both)
    assert problem(await both.approve(submission_id)) == (403, "own_submission")
    assert problem(await both.reject(submission_id)) == (403, "own_submission")
    assert (await both.get(f"/developer/submissions/{submission_id}")).json()["status"] == "awaiting_review"


@pytest.mark.usefixtures("worker")
async def test_a_rejection_frees_the_number_for_other_bytes(developer: Any, reviewer: Any, buckets: Any) -> None:
    plugin_id, submission_id = await _waiting(developer)
    rejected = (await reviewer.reject(submission_id, "It does nothing.")).json()
    assert rejected["status"] == "rejected"
    assert rejected["decision"]["reason_code"] == "quality"
    assert rejected["decision"]["text"] == "It does nothing."
    again = await developer.send(plugin_id, bundle=b"better();")
    assert again.status_code == 202
    await developer.submission_in(again.json()["id"], "awaiting_review")
    await reviewer.approve(again.json()["id"])
    await developer.submission_in(again.json()["id"], "published")
    assert (await developer.get(f"/developer/submissions/{submission_id}")).json()["status"] == "rejected"
    assert buckets.quarantined(submission_id)  # kept for an appeal


@pytest.mark.parametrize(
    ("decision", "pointer"),
    [
        ({}, "/verdict"),
        ({"verdict": "maybe"}, "/verdict"),
        ({"verdict": "reject"}, ""),
        ({"verdict": "reject", "reason_code": "policy"}, ""),
        ({"verdict": "reject", "text": "x"}, ""),
        ({"verdict": "reject", "reason_code": "taste", "text": "x"}, "/reason_code"),
        ({"verdict": "reject", "reason_code": "policy", "text": ""}, "/text"),
        ({"verdict": "reject", "reason_code": "policy", "text": "x" * 5_001}, "/text"),
        ({"verdict": "approve", "force": True}, "/force"),
    ],
)
@pytest.mark.usefixtures("worker")
async def test_a_decision_that_is_not_as_documented_is_refused(
    developer: Any, reviewer: Any, decision: dict[str, Any], pointer: str
) -> None:
    _, submission_id = await _waiting(developer)
    answer = await reviewer.post(f"/review/submissions/{submission_id}/decision", json=decision)
    assert problem(answer) == (422, "request_invalid")
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_what_is_not_checked_yet_cannot_be_decided(developer: Any, reviewer: Any) -> None:
    submission_id = (await developer.send(await developer.register())).json()["id"]
    assert problem(await reviewer.approve(submission_id)) == (409, "submission_not_reviewable")


@pytest.mark.usefixtures("worker")
async def test_of_two_reviewers_at_once_one_decides(developer: Any, person: Callable[..., Any], rows_of: Rows) -> None:
    _, submission_id = await _waiting(developer)
    first, second = person("reviewer"), person("reviewer")
    answers = await asyncio.gather(first.approve(submission_id), second.reject(submission_id))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    rows = await rows_of("SELECT verdict FROM decisions WHERE submission_id = :id", id=submission_id)
    assert len(rows) == 1


@pytest.mark.usefixtures("worker")
async def test_the_same_decision_again_changes_nothing(developer: Any, reviewer: Any, rows_of: Rows) -> None:
    _, submission_id = await _waiting(developer)
    for _ in range(2):
        assert (await reviewer.reject(submission_id)).json()["status"] == "rejected"
    assert len(await rows_of("SELECT 1 FROM decisions WHERE submission_id = :id", id=submission_id)) == 1
    assert problem(await reviewer.reject(submission_id, "Other words.")) == (409, "submission_not_reviewable")


async def test_pages_of_the_queue_follow_one_another_oldest_first(
    developer: Any, reviewer: Any, run_worker: Callable[..., Any], clean_tables: Callable[..., None]
) -> None:
    clean_tables("publishing")
    plugin_id = await developer.register()
    async with run_worker(only=("check",)):
        sent = [(await _waiting(developer, f"1.0.{number}", plugin_id))[1] for number in range(5)]
    found: list[str] = []
    cursor = None
    while True:
        page = (
            await reviewer.get("/review/queue", params={"limit": 2, **({"cursor": cursor} if cursor else {})})
        ).json()
        assert page["total"] == 5
        found += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == sent


@pytest.mark.usefixtures("worker")
async def test_only_what_was_never_published_is_withdrawn(developer: Any, reviewer: Any, buckets: Any) -> None:
    plugin_id, submission_id = await _waiting(developer)
    path = f"/developer/plugins/{plugin_id}/versions/1.0.0"
    await reviewer.approve(submission_id)
    assert problem(await developer.delete(path)) == (409, "version_published")
    await developer.submission_in(submission_id, "published")
    assert problem(await developer.delete(path)) == (409, "version_published")
    assert problem(await developer.send(plugin_id, bundle=b"other")) == (409, "version_exists")
    assert buckets.bundle(f"{plugin_id}/1.0.0/bundle.js") == BUNDLE
    other = f"/developer/plugins/{plugin_id}/versions"
    assert problem(await developer.delete(f"{other}/9.9.9")) == (404, "version_not_found")
    for version in ("1.0", "latest", "1.0.0+x", "v1.0.0"):
        assert problem(await developer.delete(f"{other}/{version}")) == (422, "version_invalid")


@pytest.mark.usefixtures("worker")
async def test_an_upload_whose_answer_was_lost_may_be_repeated_even_after_the_publication(
    developer: Any, reviewer: Any, outbox_of: Callable[[str], Awaitable[list[Any]]]
) -> None:
    plugin_id, submission_id = await _waiting(developer)
    await reviewer.approve(submission_id)
    await developer.submission_in(submission_id, "published")
    again = await developer.send(plugin_id, bundle=BUNDLE)
    assert (again.status_code, again.json()["id"], again.json()["status"]) == (202, submission_id, "published")
    types = [event.type for event in await outbox_of(plugin_id)]
    assert types == ["plugin.registered.v1", "plugin-version.published.v1"]


@pytest.mark.usefixtures("worker")
async def test_a_withdrawn_version_leaves_the_queue_and_withdrawing_again_is_harmless(
    developer: Any, reviewer: Any
) -> None:
    plugin_id, submission_id = await _waiting(developer)
    for _ in range(2):
        assert (await developer.delete(f"/developer/plugins/{plugin_id}/versions/1.0.0")).status_code == 204
    assert problem(await reviewer.approve(submission_id)) == (409, "submission_not_reviewable")
    queue = (await reviewer.get("/review/queue?limit=100")).json()["items"]
    assert submission_id not in [item["id"] for item in queue]
    await developer.submission_in(submission_id, "withdrawn")

    async def bundle_is_gone() -> bool:
        answer = await reviewer.get(f"/review/submissions/{submission_id}/bundle")
        return answer.status_code == 410 and problem(answer) == (410, "bundle_gone")

    await eventually(bundle_is_gone)


@pytest.mark.usefixtures("worker")
async def test_a_rejected_submission_can_be_removed_before_its_time(
    developer: Any, reviewer: Any, buckets: Any
) -> None:
    plugin_id, submission_id = await _waiting(developer)
    await reviewer.reject(submission_id)
    assert (await developer.delete(f"/developer/plugins/{plugin_id}/versions/1.0.0")).status_code == 204
    await eventually(lambda: not buckets.quarantined(submission_id))
    await developer.submission_in(submission_id, "rejected")


@pytest.mark.usefixtures("worker")
async def test_a_patch_of_an_old_line_may_be_published(developer: Any, reviewer: Any) -> None:
    plugin_id = await developer.register()
    for version in ("2.0.0", "1.0.1"):
        _, submission_id = await _waiting(developer, version, plugin_id)
        await reviewer.approve(submission_id)
        await developer.submission_in(submission_id, "published")
