"""GET /plugins/{id}/versions and one version."""

import base64
import json
from typing import Any

import httpx
import pytest

from catalog.api.schemas import VersionDetail, VersionPage
from chassis.cursors import encode_cursor


async def test_versions_are_listed_newest_first_by_precedence(client: httpx.AsyncClient, publisher: Any) -> None:
    for version in ("9.0.0", "1.0.0-rc.1", "10.0.0", "1.0.0", "1.0.0-rc.10", "1.0.0-rc.2", "2.0.0-alpha"):
        await publisher.send(version=version)
    answer = await client.get(f"/api/v1/plugins/{publisher.plugin_id}/versions")
    VersionPage.model_validate_json(answer.content, strict=True, extra="forbid")
    body = answer.json()
    assert [item["version"] for item in body["items"]] == [
        "10.0.0", "9.0.0", "2.0.0-alpha", "1.0.0", "1.0.0-rc.10", "1.0.0-rc.2", "1.0.0-rc.1",
    ]  # fmt: skip
    assert (body["next_cursor"], body["total"]) == (None, 7)
    assert "link" not in answer.headers
    assert answer.headers["cache-groups"] == f'"plugin:{publisher.plugin_id}"'


@pytest.mark.parametrize("limit", [1, 2, 7, 100])
async def test_following_the_link_meets_every_version_once(
    client: httpx.AsyncClient, publisher: Any, limit: int
) -> None:
    await publisher.apply.apply([publisher.change(version=f"1.{minor}.0") for minor in range(14)])
    url: str | None = f"/api/v1/plugins/{publisher.plugin_id}/versions?limit={limit}"
    seen: list[str] = []
    while url is not None:
        answer = await client.get(url)
        body = answer.json()
        assert body["total"] == 14
        seen += [item["version"] for item in body["items"]]
        link = answer.links.get("next")
        assert (link is None) == (body["next_cursor"] is None)
        url = link["url"] if link else None
    assert seen == [f"1.{minor}.0" for minor in reversed(range(14))]


async def test_a_version_that_appears_between_two_pages_moves_nothing(
    client: httpx.AsyncClient, publisher: Any
) -> None:
    await publisher.apply.apply([publisher.change(version=f"1.{minor}.0") for minor in range(4)])
    url = f"/api/v1/plugins/{publisher.plugin_id}/versions"
    first = (await client.get(url, params={"limit": 2})).json()
    await publisher.send(version="2.0.0")
    second = (await client.get(url, params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert [item["version"] for item in first["items"] + second["items"]] == ["1.3.0", "1.2.0", "1.1.0", "1.0.0"]


def _forged(listing: str, position: list[Any]) -> str:
    return encode_cursor(listing, position)


@pytest.mark.parametrize(
    "cursor",
    [
        "", "x", "????", "é", "A" * 2000, base64.urlsafe_b64encode(b"\0" * 40).decode(),
        base64.urlsafe_b64encode(json.dumps(["1.0.0"]).encode()).decode(),
    ],
)  # fmt: skip
async def test_a_broken_cursor_is_refused(client: httpx.AsyncClient, publisher: Any, cursor: str) -> None:
    await publisher.send(version="1.0.0")
    for listing in ("versions", "reviews"):
        answer = await client.get(f"/api/v1/plugins/{publisher.plugin_id}/{listing}", params={"cursor": cursor})
        assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid"), listing


@pytest.mark.parametrize("position", [["not a version"], [None], [1], [["1.0.0"]], [{"a": 1}], ["\0"], ["1.0.0", "x"]])
async def test_a_cursor_with_a_right_digest_and_a_wrong_position_is_refused(
    client: httpx.AsyncClient, publisher: Any, position: list[Any]
) -> None:
    await publisher.send(version="1.0.0")
    cursor = _forged(f"versions:{publisher.plugin_id}", position)
    answer = await client.get(f"/api/v1/plugins/{publisher.plugin_id}/versions", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid")


async def test_a_cursor_of_another_plugin_is_refused(
    client: httpx.AsyncClient, publisher: Any, another_publisher: Any
) -> None:
    for each in (publisher, another_publisher):
        await each.apply.apply([each.change(version="1.0.0"), each.change(version="2.0.0")])
    page = (await client.get(f"/api/v1/plugins/{publisher.plugin_id}/versions", params={"limit": 1})).json()
    answer = await client.get(
        f"/api/v1/plugins/{another_publisher.plugin_id}/versions", params={"cursor": page["next_cursor"]}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid")


@pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "1.5", "99999999999999999999"])
async def test_a_limit_outside_of_one_to_a_hundred_names_its_parameter(
    client: httpx.AsyncClient, publisher: Any, limit: str
) -> None:
    await publisher.send(version="1.0.0")
    for listing in ("versions", "reviews"):
        answer = await client.get(f"/api/v1/plugins/{publisher.plugin_id}/{listing}", params={"limit": limit})
        assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")
        assert [error["parameter"] for error in answer.json()["errors"]] == ["limit"]


async def test_a_version_has_its_manifest_and_the_addresses_of_its_files(
    client: httpx.AsyncClient, publisher: Any
) -> None:
    await publisher.send(version="1.0.0-rc.1", has_source_map=True)
    url = f"/api/v1/plugins/{publisher.plugin_id}/versions/1.0.0-rc.1"
    answer = await client.get(url)
    VersionDetail.model_validate_json(answer.content, strict=True, extra="forbid")
    body = answer.json()
    assert (body["bundle_url"], body["source_map_url"]) == (f"{url}/bundle", f"{url}/source-map")
    assert (body["file_size_bytes"], body["source_map_size_bytes"]) == (1234, 99)
    assert body["manifest"]["settings_schema"] == {"type": "object"}
    again = await client.get(url, headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


async def test_latest_names_the_version_that_it_stands_for(client: httpx.AsyncClient, publisher: Any) -> None:
    url = f"/api/v1/plugins/{publisher.plugin_id}/versions/latest"
    for version, latest in (("1.0.0-rc.1", "1.0.0-rc.1"), ("1.0.0", "1.0.0"), ("2.0.0-rc.1", "1.0.0")):
        await publisher.send(version=version)
        answer = await client.get(url)
        assert answer.json()["version"] == latest
        assert answer.headers["content-location"] == url.replace("latest", latest)


@pytest.mark.parametrize("path", ["", "/bundle", "/source-map"])
@pytest.mark.parametrize(
    "version", ["1", "1.0", "v1.0.0", "01.0.0", "1.0.0+build", "latest ", "LATEST", "1.0.0-", "1.0.0-é", "1" * 70]
)
async def test_a_malformed_version_is_told_from_an_unknown_one(
    client: httpx.AsyncClient, publisher: Any, version: str, path: str
) -> None:
    await publisher.send(version="1.0.0")
    answer = await client.get(f"/api/v1/plugins/{publisher.plugin_id}/versions/{version}{path}")
    assert (answer.status_code, answer.json()["code"]) == (422, "version_invalid")
    unknown = await client.get(f"/api/v1/plugins/{publisher.plugin_id}/versions/3.2.1{path}")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "version_not_found")
