"""What does not pass: scanners that fail, findings, files that changed, objects that are not ours."""

import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from sqlalchemy import text

from chassis.db import Database
from publishing.clients.scanner import Scanner
from testkit.waiting import eventually

RunWorker = Callable[..., AbstractAsyncContextManager[None]]
Rows = Callable[..., Awaitable[list[Any]]]
BUNDLE = b"exports.activate = () => 1;\n"
MIB = 1024 * 1024

BROKEN_SCANNERS = {
    "absent": ("/nonexistent/scanner",),
    "failing": (sys.executable, "-c", "raise SystemExit(3)"),
    "silent": (sys.executable, "-c", "pass"),
    "babbling": (sys.executable, "-c", "print('pass'); print('{}'); print('[1]')"),
    "partial": (
        sys.executable,
        "-c",
        'print(\'{"check": "text", "version": "1", "findings": []}\')\nraise SystemExit(1)',
    ),
    "hanging": (sys.executable, "-c", "import signal\nwhile True: signal.pause()"),
}


@pytest.mark.parametrize("fault", list(BROKEN_SCANNERS))
async def test_a_submission_is_held_while_the_scanner_is_broken_and_goes_on_when_it_is_back(
    fault: str, developer: Any, reviewer: Any, run_worker: RunWorker
) -> None:
    plugin_id = await developer.register()
    submission_id = (await developer.send(plugin_id, bundle=BUNDLE)).json()["id"]
    broken = Scanner(timeout_seconds=1, memory_bytes=512 * MIB, command=BROKEN_SCANNERS[fault])
    async with run_worker(scanner=broken, only=("check",)):
        held = await developer.submission_in(submission_id, "held")
    statuses = {verdict["check"]: verdict["status"] for verdict in held["verdicts"]}
    assert "error" in statuses.values()
    assert statuses["invisible-code"] == "error"
    refused = await reviewer.approve(submission_id, "I trust it.")
    assert (refused.status_code, refused.json()["code"]) == (409, "checks_incomplete")
    assert submission_id in [item["id"] for item in (await reviewer.get("/review/queue?limit=100")).json()["items"]]
    assert (await developer.send(plugin_id, bundle=BUNDLE)).json()["id"] == submission_id  # brings the retry forward
    async with run_worker(only=("check",)):
        await developer.submission_in(submission_id, "awaiting_review")


async def test_a_bundle_that_exhausts_the_memory_limit_is_held(developer: Any, run_worker: RunWorker) -> None:
    plugin_id = await developer.register()
    bomb = b'{"version": 3, "x": [' + b"[]," * (3 * MIB) + b"[]]}"
    submission_id = (await developer.send(plugin_id, source_map=bomb)).json()["id"]
    async with run_worker(scanner=Scanner(timeout_seconds=20, memory_bytes=128 * MIB), only=("check",)):
        held = await developer.submission_in(submission_id, "held", 30)
    assert {verdict["check"]: verdict["status"] for verdict in held["verdicts"]}["source-map"] == "error"


async def test_a_rejected_while_held_submission_is_rejected(
    developer: Any, reviewer: Any, run_worker: RunWorker
) -> None:
    plugin_id = await developer.register()
    submission_id = (await developer.send(plugin_id)).json()["id"]
    broken = Scanner(timeout_seconds=1, memory_bytes=512 * MIB, command=BROKEN_SCANNERS["absent"])
    async with run_worker(scanner=broken, only=("check",)):
        await developer.submission_in(submission_id, "held")
        assert (await reviewer.reject(submission_id)).json()["status"] == "rejected"
    async with run_worker():
        sent = await developer.send(plugin_id)  # the number is free again
        assert sent.json()["id"] != submission_id
        await developer.submission_in(sent.json()["id"], "awaiting_review")
    assert (await developer.get(f"/developer/submissions/{submission_id}")).json()["status"] == "rejected"


@pytest.mark.usefixtures("worker")
async def test_invisible_code_is_refused_with_rule_file_line_and_remedy(developer: Any) -> None:
    plugin_id = await developer.register()
    bundle = "const a = 1;\nconst b = `" + "\U000e0041" * 9 + "`;\n"
    submission_id = (await developer.send(plugin_id, bundle=bundle.encode())).json()["id"]
    refused = await developer.submission_in(submission_id, "refused")
    verdict = next(verdict for verdict in refused["verdicts"] if verdict["check"] == "invisible-code")
    assert verdict["status"] == "block"
    finding = verdict["findings"][0]
    assert (finding["rule"], finding["file"], finding["line"]) == ("U1", "bundle.js", 2)
    assert finding["remedy"]
    again = await developer.send(plugin_id, bundle=b"const a = 1;\n")
    assert again.status_code == 202
    await developer.submission_in(again.json()["id"], "awaiting_review")


@pytest.mark.usefixtures("worker")
async def test_held_findings_are_released_only_when_a_reviewer_says_why(developer: Any, reviewer: Any) -> None:
    plugin_id = await developer.register()
    bundle = "exports.marks = '\u202a\u202c';\n"
    submission_id = (await developer.send(plugin_id, bundle=bundle.encode())).json()["id"]
    held = await developer.submission_in(submission_id, "held")
    assert {verdict["check"]: verdict["status"] for verdict in held["verdicts"]}["invisible-code"] == "hold"
    without = await reviewer.approve(submission_id)
    assert (without.status_code, without.json()["errors"][0]["pointer"]) == (422, "/text")
    approved = await reviewer.approve(submission_id, "These are data of a text editor.")
    assert approved.json()["decision"]["accepted_checks"] == ["invisible-code"]
    await developer.submission_in(submission_id, "published")


async def _approved(developer: Any, reviewer: Any, run_worker: RunWorker, **sent: Any) -> tuple[str, str]:
    plugin_id = await developer.register()
    submission_id = (await developer.send(plugin_id, bundle=BUNDLE, **sent)).json()["id"]
    async with run_worker(only=("check",)):
        await developer.submission_in(submission_id, "awaiting_review")
    assert (await reviewer.approve(submission_id)).status_code == 200
    return plugin_id, submission_id


async def test_bytes_of_somebody_else_under_the_public_key_are_never_replaced(
    developer: Any, reviewer: Any, run_worker: RunWorker, buckets: Any, rows_of: Rows
) -> None:
    source_map = b'{"version": 3, "sources": [], "names": [], "mappings": ""}'
    plugin_id, submission_id = await _approved(developer, reviewer, run_worker, source_map=source_map)
    buckets.put_bundle(f"{plugin_id}/1.0.0/bundle.js.map", b"foreign")
    async with run_worker():
        refused = await developer.submission_in(submission_id, "refused")
    assert "other bytes" in {step["name"]: step["detail"] for step in refused["steps"]}["promoted"]
    assert buckets.bundle(f"{plugin_id}/1.0.0/bundle.js.map") == b"foreign"
    assert buckets.bundle_keys(f"{plugin_id}/") == [f"{plugin_id}/1.0.0/bundle.js.map"]
    assert await rows_of("SELECT 1 FROM versions WHERE plugin_id = :id", id=plugin_id) == []


async def test_the_same_bytes_under_the_public_key_are_those_of_an_earlier_attempt(
    developer: Any, reviewer: Any, run_worker: RunWorker, buckets: Any
) -> None:
    plugin_id, submission_id = await _approved(developer, reviewer, run_worker)
    buckets.put_bundle(f"{plugin_id}/1.0.0/bundle.js", BUNDLE)
    async with run_worker():
        await developer.submission_in(submission_id, "published")


@pytest.mark.parametrize("when", ["before the scan", "before the release"])
async def test_a_file_that_was_swapped_in_quarantine_is_refused(
    when: str, developer: Any, reviewer: Any, run_worker: RunWorker, buckets: Any
) -> None:
    if when == "before the scan":
        plugin_id = await developer.register()
        submission_id = (await developer.send(plugin_id, bundle=BUNDLE)).json()["id"]
    else:
        plugin_id, submission_id = await _approved(developer, reviewer, run_worker)
    buckets.put_quarantined(f"{submission_id}/bundle.js", b"evil()")
    async with run_worker():
        await developer.submission_in(submission_id, "refused")
    assert buckets.bundle_keys(f"{plugin_id}/") == []


async def test_a_file_that_is_gone_from_quarantine_is_refused_and_can_be_sent_again(
    developer: Any, run_worker: RunWorker, buckets: Any
) -> None:
    plugin_id = await developer.register()
    submission_id = (await developer.send(plugin_id)).json()["id"]
    buckets.delete_quarantined(f"{submission_id}/bundle.js")
    async with run_worker():
        await developer.submission_in(submission_id, "refused")
        again = await developer.send(plugin_id)
        await developer.submission_in(again.json()["id"], "awaiting_review")


@pytest.mark.parametrize("check", ["manifest", "text", "invisible-code", "source-map"])
@pytest.mark.parametrize("tampered", ["DELETE FROM scan_verdicts", "UPDATE scan_verdicts SET input_sha256 = 'x'"])
async def test_nothing_is_released_without_a_passing_verdict_on_these_bytes_from_every_check(
    check: str, tampered: str, developer: Any, reviewer: Any, run_worker: RunWorker, database: Database, buckets: Any
) -> None:
    plugin_id, submission_id = await _approved(developer, reviewer, run_worker)
    async with database.transaction() as connection:
        statement = text(f"{tampered} WHERE submission_id = :id AND check_name = :check")
        await connection.execute(statement, {"id": submission_id, "check": check})
    async with run_worker(only=("release",)):
        held = await developer.submission_in(submission_id, "held")
    assert check in {step["name"]: step["detail"] for step in held["steps"]}["promoted"]
    assert buckets.bundle_keys(f"{plugin_id}/") == []


async def test_a_submission_that_lost_a_verdict_is_checked_and_decided_again(
    developer: Any, reviewer: Any, run_worker: RunWorker, database: Database, rows_of: Rows
) -> None:
    _, submission_id = await _approved(developer, reviewer, run_worker)
    async with database.transaction() as connection:
        await connection.execute(
            text("DELETE FROM scan_verdicts WHERE submission_id = :id AND check_name = 'text'"), {"id": submission_id}
        )
    async with run_worker():
        await developer.submission_in(submission_id, "awaiting_review")
        assert (await reviewer.approve(submission_id)).status_code == 200
        await developer.submission_in(submission_id, "published")
    decisions = await rows_of("SELECT verdict FROM decisions WHERE submission_id = :id", id=submission_id)
    assert len(decisions) == 2


async def test_work_that_meets_an_object_store_that_is_away_is_done_when_it_is_back(
    developer: Any, run_worker: RunWorker, work_settings: Any, rows_of: Rows
) -> None:
    submission_id = (await developer.send(await developer.register())).json()["id"]
    away = work_settings.model_copy(update={"s3_endpoint_url": "http://127.0.0.1:9"})

    async def was_tried() -> bool:
        rows = await rows_of("SELECT attempts FROM submissions WHERE id = :id", id=submission_id)
        return bool(rows[0].attempts > 0)

    async with run_worker(settings=away, only=("check",)):
        await eventually(was_tried, 30)
    assert (await developer.get(f"/developer/submissions/{submission_id}")).json()["status"] == "scanning"
    async with run_worker(only=("check",)):
        await developer.submission_in(submission_id, "awaiting_review")


async def test_a_withdrawal_during_the_scan_wins(
    developer: Any, run_worker: RunWorker, buckets: Any, rows_of: Rows
) -> None:
    plugin_id = await developer.register()
    submission_id = (await developer.send(plugin_id)).json()["id"]
    hanging = Scanner(timeout_seconds=4, memory_bytes=512 * MIB, command=BROKEN_SCANNERS["hanging"])
    async with run_worker(scanner=hanging):
        await developer.submission_in(submission_id, "scanning")
        assert (await developer.delete(f"/developer/plugins/{plugin_id}/versions/1.0.0")).status_code == 204
        await eventually(lambda: not buckets.quarantined(submission_id))
        await developer.submission_in(submission_id, "withdrawn")
    verdicts = await rows_of("SELECT check_name FROM scan_verdicts WHERE submission_id = :id", id=submission_id)
    assert [row.check_name for row in verdicts] == ["manifest"]


async def test_a_version_approved_before_a_suspension_is_published_and_the_plugin_stays_suspended(
    developer: Any, reviewer: Any, administrator: Any, run_worker: RunWorker,
    outbox_of: Callable[[str], Awaitable[list[Any]]],
) -> None:  # fmt: skip
    plugin_id, submission_id = await _approved(developer, reviewer, run_worker)
    suspended = await administrator.post(f"/admin/plugins/{plugin_id}/suspend", json={"reason": "Under inquiry."})
    assert suspended.json()["status"] == "suspended"
    async with run_worker():
        await developer.submission_in(submission_id, "published")
    assert (await developer.get(f"/developer/plugins/{plugin_id}")).json()["status"] == "suspended"
    restored = await administrator.post(f"/admin/plugins/{plugin_id}/restore")
    assert restored.json()["status"] == "published"
    events = await outbox_of(plugin_id)
    assert [(event.type, event.sequence, event.payload["plugin"]["status"]) for event in events] == [
        ("plugin.registered.v1", 1, "draft"),
        ("plugin.suspended.v1", 2, "suspended"),
        ("plugin-version.published.v1", 3, "suspended"),
        ("plugin.restored.v1", 4, "published"),
    ]
