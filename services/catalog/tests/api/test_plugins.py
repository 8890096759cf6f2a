"""GET /plugins/{id} and GET /plugins/categories."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from catalog.api.schemas import CategoryList, PluginDetail
from contracts.categories import CATEGORIES

MANIFEST = {"id": "x", "version": "1.0.0", "settings_schema": {"type": "object"}, "text": "ü\u2028 </script>", "n": 1e3}


async def test_a_plugin_shows_all_that_the_document_promises(client: httpx.AsyncClient, publisher: Any) -> None:
    await publisher.send(version="1.0.0", homepage="https://x.test", license="MIT", manifest=MANIFEST)
    answer = await client.get(f"/api/v1/plugins/{publisher.plugin_id}")
    assert answer.status_code == 200
    body = answer.json()
    PluginDetail.model_validate_json(answer.content, strict=True, extra="forbid")
    assert body["author"] == {"id": str(publisher.author_id), "name": "Ann Author"}
    assert (body["homepage"], body["repository"], body["license"]) == ("https://x.test", None, "MIT")
    assert body["rating"] == {"average": 0.0, "count": 0}
    assert body["published_at"] == "2026-11-01T12:01:00Z"
    latest = body["latest"]
    assert latest["manifest"] == MANIFEST
    assert latest["bundle_url"] == f"/api/v1/plugins/{publisher.plugin_id}/versions/1.0.0/bundle"
    assert (latest["has_source_map"], latest["source_map_url"]) == (False, None)


async def test_a_plugin_says_how_long_and_in_which_group_it_may_be_cached(
    client: httpx.AsyncClient, publisher: Any
) -> None:
    await publisher.send(version="1.0.0")
    answer = await client.get(f"/api/v1/plugins/{publisher.plugin_id}")
    assert "s-maxage=600" in answer.headers["cache-control"]
    assert "stale-if-error=86400" in answer.headers["cache-control"]
    assert answer.headers["cache-groups"] == f'"plugin:{publisher.plugin_id}"'


async def test_a_caller_who_has_the_plugin_is_told_that_it_is_unchanged(
    client: httpx.AsyncClient, publisher: Any
) -> None:
    await publisher.send(version="1.0.0")
    url = f"/api/v1/plugins/{publisher.plugin_id}"
    first = await client.get(url)
    tag = first.headers["etag"]
    for header in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = await client.get(url, headers={"if-none-match": header})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert again.headers["cache-groups"] == first.headers["cache-groups"]
    await publisher.send(name="New name")
    changed = await client.get(url, headers={"if-none-match": tag})
    assert (changed.status_code, changed.json()["name"]) == (200, "New name")


@pytest.mark.parametrize("plugin_id", ["nobody-has-this", "UPPER", "a" * 300, "%F0%9F%98%80", "a'b", "..", "admin"])
async def test_an_unknown_plugin_is_not_found(client: httpx.AsyncClient, plugin_id: str) -> None:
    answer = await client.get(f"/api/v1/plugins/{plugin_id}")
    assert answer.status_code == 404
    if plugin_id != "..":
        assert answer.json()["code"] == "plugin_not_found"
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["remedy"]


async def test_an_id_with_nul_is_refused_before_it_reaches_the_database(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/plugins/a%00b")
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")


PATHS = ["", "/versions", "/versions/1.0.0", "/versions/latest/bundle", "/versions/1.0.0/source-map", "/reviews"]


@pytest.mark.parametrize("path", PATHS)
async def test_a_draft_is_not_found_whatever_is_asked_of_it(
    client: httpx.AsyncClient, publisher: Any, path: str
) -> None:
    await publisher.send()
    answer = await client.get(f"/api/v1/plugins/{publisher.plugin_id}{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "plugin_not_found")


@pytest.mark.parametrize("path", PATHS)
async def test_a_suspended_plugin_is_refused_and_a_restored_one_is_back(
    client: httpx.AsyncClient, publisher: Any, path: str
) -> None:
    await publisher.send(version="1.0.0", has_source_map=True)
    url = f"/api/v1/plugins/{publisher.plugin_id}{path}"
    await publisher.send(status="suspended")
    refused = await client.get(url)
    assert (refused.status_code, refused.json()["code"]) == (403, "plugin_suspended")
    assert refused.headers["cache-control"] == "no-store"
    await publisher.send(status="published")
    assert (await client.get(url)).status_code == 200


async def test_a_draft_that_is_suspended_stays_unknown(client: httpx.AsyncClient, publisher: Any) -> None:
    await publisher.send()
    await publisher.send(status="suspended")
    assert (await client.get(f"/api/v1/plugins/{publisher.plugin_id}")).json()["code"] == "plugin_not_found"


async def test_categories_count_listed_plugins_only(
    client: httpx.AsyncClient, publisher: Any, another_publisher: Any
) -> None:
    async def dates() -> int:
        answer = await client.get("/api/v1/plugins/categories")
        CategoryList.model_validate_json(answer.content, strict=True)
        assert "s-maxage=1800" in answer.headers["cache-control"]
        assert answer.headers["cache-groups"] == '"categories"'
        items = answer.json()["items"]
        assert [item["id"] for item in items] == [category.id for category in CATEGORIES]
        return next(int(item["plugin_count"]) for item in items if item["id"] == "dates")

    before = await dates()
    await publisher.send(category="dates")
    assert await dates() == before
    await publisher.send(category="dates", version="1.0.0")
    await another_publisher.send(category="dates", version="1.0.0")
    assert await dates() == before + 2
    await another_publisher.send(category="dates", status="suspended")
    assert await dates() == before + 1


async def test_the_process_is_ready_when_its_schema_is_migrated(client: httpx.AsyncClient) -> None:
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"checks": {"database": "ok", "migrations": "ok"}})


async def test_a_method_that_the_address_does_not_take_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post(f"/api/v1/plugins/{uuid4().hex}")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
