"""Everything that can be wrong with an upload, and two uploads at once."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

Rows = Callable[..., Awaitable[list[Any]]]
ManifestOf = Callable[..., dict[str, Any]]

BUNDLE = b"exports.activate = () => 1;\n"
MIB = 1024 * 1024


@pytest.fixture
async def plugin_id(developer: Any) -> str:
    return str(await developer.register())


def problem(answer: httpx.Response) -> tuple[int, str]:
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["remedy"]
    assert body["detail"]
    return answer.status_code, body["code"]


def pointers(answer: httpx.Response) -> list[str]:
    return [error["pointer"] for error in answer.json()["errors"]]


async def test_every_fault_of_a_manifest_is_named_at_once(
    developer: Any, plugin_id: str, manifest_of: ManifestOf
) -> None:
    manifest = manifest_of(
        "another-plugin", "1.2", surprise=True, homepage="javascript:alert(1)", permissions=["everything"],
        settings_schema={"type": "object", "properties": {"a": {"$ref": "http://example.com/x"}}},
        minimum_platform_version="latest",
    )  # fmt: skip
    del manifest["name"]
    answer = await developer.send(plugin_id, manifest=manifest)
    assert problem(answer) == (422, "manifest_invalid")
    assert set(pointers(answer)) >= {
        "", "/homepage", "/id", "/minimum_platform_version", "/permissions/0",
        "/settings_schema/properties/a/$ref", "/version",
    }  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        b"", b"not json", b"{", b"[]", b"null", b'"x"', b'{"id": "a", "id": "b"}', b"\xff\xfe{}", b"\xef\xbb\xbf{}",
        b'{"a": NaN}', b"[" * 100_000, b'{"a": ' + b"9" * 5_000 + b"}", b'{"a": "\\ud800"}', b'{"a": "\\u0000"}',
    ],
)  # fmt: skip
async def test_what_is_no_strict_json_object_is_no_manifest(developer: Any, plugin_id: str, content: bytes) -> None:
    answer = await developer.send(plugin_id, manifest=content or b" ")
    assert problem(answer) == (422, "manifest_invalid")
    assert pointers(answer)[0] == ""


async def test_a_manifest_of_another_plugin_is_refused(developer: Any, plugin_id: str, manifest_of: ManifestOf) -> None:
    answer = await developer.send(plugin_id, manifest=manifest_of("another-plugin", "1.0.0"))
    assert problem(answer) == (422, "manifest_invalid")
    assert pointers(answer) == ["/id"]


async def test_an_invalid_manifest_is_refused_before_the_bundle_is_read(developer: Any, plugin_id: str) -> None:
    answer = await developer.send(plugin_id, manifest=b"{}", bundle=b"x" * (6 * MIB))
    assert problem(answer) == (422, "manifest_invalid")


@pytest.mark.parametrize(
    ("part", "size", "code"),
    [
        ("bundle", 5 * MIB + 1, "bundle_too_large"),
        ("source_map", 20 * MIB + 1, "source_map_too_large"),
        ("manifest", 256 * 1024 + 1, "manifest_too_large"),
    ],
)
async def test_a_part_over_its_limit_is_refused(
    developer: Any, plugin_id: str, part: str, size: int, code: str
) -> None:
    answer = await developer.send(plugin_id, **{part: b"x" * size})
    assert problem(answer) == (413, code)


async def test_a_bundle_of_exactly_the_limit_is_received(developer: Any, plugin_id: str, buckets: Any) -> None:
    bundle = b"/*" + b"x" * (5 * MIB - 4) + b"*/"
    answer = await developer.send(plugin_id, bundle=bundle)
    assert answer.status_code == 202, answer.text
    assert answer.json()["file_size_bytes"] == 5 * MIB
    assert buckets.quarantined(answer.json()["id"]) == [f"{answer.json()['id']}/bundle.js"]


def _form(*parts: tuple[str, bytes]) -> tuple[bytes, dict[str, str]]:
    body = b"".join(
        b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), content)
        for name, content in parts
    )
    return body + b"--b--\r\n", {"content-type": "multipart/form-data; boundary=b"}


async def _post(developer: Any, plugin_id: str, *parts: tuple[str, bytes]) -> httpx.Response:
    body, headers = _form(*parts)
    path = f"/api/v1/developer/plugins/{plugin_id}/versions"
    answer: httpx.Response = await developer.client.post(path, content=body, headers={**developer.headers, **headers})
    return answer


@pytest.mark.parametrize(
    ("extra", "code", "pointer"),
    [
        ([("manifest", b"{}")], "duplicate", "/manifest"),
        ([("bundle", b"a"), ("bundle", b"b")], "duplicate", "/bundle"),
        ([("bundle", b"a"), ("evil", b"b")], "unknown", "/evil"),
        ([("bundle", b"")], "empty", "/bundle"),
        ([], "missing", "/bundle"),
        ([("bundle", b"a"), ("changelog", b"\xff")], "encoding", "/changelog"),
        ([("bundle", b"a"), ("changelog", b"a\0b")], "encoding", "/changelog"),
        ([("bundle", b"a"), ("changelog", b"x" * (64 * 1024 + 1))], "too_long", "/changelog"),
    ],
)
async def test_faulty_parts_are_named(
    developer: Any, plugin_id: str, manifest_of: ManifestOf, extra: list[tuple[str, bytes]], code: str, pointer: str
) -> None:
    manifest = json.dumps(manifest_of(plugin_id)).encode()
    answer = await _post(developer, plugin_id, ("manifest", manifest), *extra)
    assert problem(answer) == (422, "request_invalid")
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, code)]


async def test_a_form_without_parts_names_all_that_are_missing(developer: Any, plugin_id: str) -> None:
    answer = await _post(developer, plugin_id, ("changelog", b"x"))
    assert pointers(answer) == ["/manifest", "/bundle"]


@pytest.mark.parametrize(
    ("content", "headers", "expected"),
    [
        (b"{}", {"content-type": "application/json"}, (415, "unsupported_media_type")),
        (b"x", {}, (415, "unsupported_media_type")),
        (b"x", {"content-type": "multipart/form-data"}, (400, "multipart_invalid")),
        (b"x", {"content-type": "multipart/form-data; boundary=b"}, (400, "multipart_invalid")),
        (b"--b\r\n", {"content-type": "multipart/form-data; boundary=b"}, (400, "multipart_invalid")),
        (b"", {"content-type": "multipart/form-data; boundary=b"}, (400, "multipart_invalid")),
        (b"x", {"content-type": "multipart/form-data; boundary=b", "content-encoding": "gzip"},
         (415, "unsupported_media_type")),
    ],
)  # fmt: skip
async def test_what_is_no_complete_form_is_refused(
    developer: Any, plugin_id: str, content: bytes, headers: dict[str, str], expected: tuple[int, str]
) -> None:
    path = f"/api/v1/developer/plugins/{plugin_id}/versions"
    answer = await developer.client.post(path, content=content, headers={**developer.headers, **headers})
    assert problem(answer) == expected


async def test_a_refused_upload_leaves_no_trace(developer: Any, plugin_id: str, buckets: Any, rows_of: Rows) -> None:
    before = buckets.quarantined()
    for sent in ({"manifest": b"{}"}, {"bundle": b"x" * (5 * MIB + 1)}, {"bundle": b""}):
        assert (await developer.send(plugin_id, **sent)).status_code in {413, 422}
    assert buckets.quarantined() == before
    assert await rows_of("SELECT 1 FROM submissions WHERE plugin_id = :id", id=plugin_id) == []


async def test_of_two_uploads_of_one_version_with_other_bytes_exactly_one_wins(
    developer: Any, plugin_id: str, buckets: Any, rows_of: Rows
) -> None:
    answers = await asyncio.gather(*(developer.send(plugin_id, bundle=b"run(%d);" % number) for number in range(6)))
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409, 409, 409]
    won = next(answer.json() for answer in answers if answer.status_code == 202)
    for answer in answers:
        if answer.status_code == 409:
            assert problem(answer) == (409, "version_exists")
            assert "DELETE" in answer.json()["remedy"]
    rows = await rows_of("SELECT id FROM submissions WHERE plugin_id = :id", id=plugin_id)
    assert [str(row.id) for row in rows] == [won["id"]]
    assert await rows_of("SELECT 1 FROM staged_uploads") == []
    assert buckets.quarantined(won["id"])


async def test_the_same_content_at_once_or_again_is_one_submission(
    developer: Any, plugin_id: str, rows_of: Rows
) -> None:
    answers = await asyncio.gather(*(developer.send(plugin_id, bundle=BUNDLE, changelog="New.") for _ in range(5)))
    answers.append(await developer.send(plugin_id, bundle=BUNDLE, changelog="New."))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(await rows_of("SELECT 1 FROM submissions WHERE plugin_id = :id", id=plugin_id)) == 1
    assert await rows_of("SELECT 1 FROM staged_uploads") == []


@pytest.mark.parametrize(
    "other", [{"bundle": b"other"}, {"changelog": "Other."}, {"source_map": b"{}"}], ids=lambda other: next(iter(other))
)
async def test_other_content_under_a_pending_version_is_refused_until_it_is_withdrawn(
    developer: Any, plugin_id: str, other: dict[str, Any]
) -> None:
    first = await developer.send(plugin_id, bundle=BUNDLE)
    refused = await developer.send(plugin_id, **{"bundle": BUNDLE, **other})
    assert problem(refused) == (409, "version_exists")
    assert (await developer.delete(f"/developer/plugins/{plugin_id}/versions/1.0.0")).status_code == 204
    second = await developer.send(plugin_id, **{"bundle": BUNDLE, **other})
    assert second.status_code == 202
    assert second.json()["id"] != first.json()["id"]


async def test_a_stranger_and_a_visitor_cannot_send_versions(
    developer: Any, person: Callable[..., Any], plugin_id: str, client: httpx.AsyncClient
) -> None:
    assert problem(await person("developer").send(plugin_id)) == (403, "not_owner")
    assert problem(await person().send(plugin_id)) == (403, "forbidden")
    assert problem(await client.post(f"/api/v1/developer/plugins/{plugin_id}/versions")) == (401, "unauthenticated")
    assert problem(await developer.send("no-such-plugin")) == (404, "plugin_not_found")
    assert problem(await developer.send("Not_A_Slug")) == (404, "plugin_not_found")


async def test_a_suspended_plugin_takes_no_versions(developer: Any, administrator: Any, plugin_id: str) -> None:
    await administrator.post(f"/admin/plugins/{plugin_id}/suspend", json={"reason": "Under inquiry."})
    refused = await developer.send(plugin_id)
    assert problem(refused) == (409, "plugin_suspended")
    assert "Under inquiry." in refused.json()["detail"]
    await administrator.post(f"/admin/plugins/{plugin_id}/restore")
    assert (await developer.send(plugin_id)).status_code == 202
