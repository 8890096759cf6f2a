"""Bundles and source maps: right headers here, right bytes at the address for the gateway."""

import base64
import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import httpx
import pytest

from catalog.config import ServeSettings
from catalog.main import create_app
from chassis.objectstore import ObjectStore
from contracts.events.plugins import StoredFile
from testkit.client import asgi_client

BUNDLE = b"module.exports = {activate() {}} // \xc3\xbc\n" * 400
SOURCE_MAP = json.dumps({"version": 3, "mappings": "AAAA"}).encode()


@dataclass
class Published:
    """A plugin whose files are really in the bucket."""

    url: str
    sha256: str
    source_map_sha256: str


@pytest.fixture
async def published(settings: ServeSettings, publisher: Any) -> Published:
    store = ObjectStore(
        endpoint_url=settings.s3_endpoint_url,
        region=settings.s3_region,
        access_key_id=settings.s3_access_key_id,
        secret_access_key=settings.s3_secret_access_key,
        bucket=settings.s3_bundle_bucket,
    )
    change = publisher.change(version="1.0.0", has_source_map=True)
    bundle, source_map = change.version.bundle, change.version.source_map
    files = {}
    for name, stored, content in (("bundle", bundle, BUNDLE), ("source_map", source_map, SOURCE_MAP)):
        await store.put(stored.object_key, BytesIO(content), content_type="text/plain")
        files[name] = StoredFile(
            object_key=stored.object_key, size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest()
        )
    version = change.version.model_copy(update=files)
    await publisher.apply.apply([type(change)(sequence=change.sequence, state=change.state, version=version)])
    return Published(
        url=f"/api/v1/plugins/{publisher.plugin_id}/versions/1.0.0",
        sha256=files["bundle"].sha256,
        source_map_sha256=files["source_map"].sha256,
    )


async def fetch(answer: httpx.Response, **headers: str) -> httpx.Response:
    """Do what the gateway does with the address it is given."""
    async with httpx.AsyncClient() as gateway:
        return await gateway.get(answer.headers["x-accel-redirect"], headers=headers)


async def test_the_address_for_the_gateway_gives_the_bytes_that_the_checksum_promises(
    client: httpx.AsyncClient, published: Published, settings: ServeSettings
) -> None:
    answer = await client.get(f"{published.url}/bundle")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["x-accel-redirect"].startswith(settings.s3_endpoint_url + "/")
    found = await fetch(answer)
    assert (found.status_code, found.content) == (200, BUNDLE)
    digest = hashlib.sha256(found.content)
    assert answer.headers["x-checksum-sha256"] == digest.hexdigest() == published.sha256
    assert answer.headers["etag"] == f'"{digest.hexdigest()}"'
    assert answer.headers["repr-digest"] == f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
    part = await fetch(answer, range="bytes=3-9")
    assert (part.status_code, part.content) == (206, BUNDLE[3:10])


async def test_a_source_map_is_served_as_the_bundle_is(client: httpx.AsyncClient, published: Published) -> None:
    answer = await client.get(f"{published.url}/source-map")
    assert (await fetch(answer)).content == SOURCE_MAP
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-checksum-sha256"] == published.source_map_sha256


async def test_a_version_is_immutable_and_latest_is_not(client: httpx.AsyncClient, published: Published) -> None:
    fixed = await client.get(f"{published.url}/bundle")
    assert fixed.headers["cache-control"] == "public, max-age=31536000, immutable"
    latest = await client.get(f"{published.url.replace('1.0.0', 'latest')}/bundle")
    assert "immutable" not in latest.headers["cache-control"]
    assert "s-maxage=600" in latest.headers["cache-control"]
    assert fixed.headers["cache-groups"] == latest.headers["cache-groups"]
    assert (await fetch(latest)).content == BUNDLE


async def test_a_strangers_script_is_never_run_as_a_page_of_the_platform(
    client: httpx.AsyncClient, published: Published
) -> None:
    answer = await client.get(f"{published.url}/bundle")
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize("file", ["bundle", "source-map"])
async def test_head_tells_what_get_would_and_needs_no_object_store(
    client: httpx.AsyncClient, published: Published, file: str
) -> None:
    head, get = await client.head(f"{published.url}/{file}"), await client.get(f"{published.url}/{file}")
    assert (head.status_code, head.content) == (200, b"")
    assert "x-accel-redirect" not in head.headers
    assert head.headers["content-length"] == str(len(BUNDLE if file == "bundle" else SOURCE_MAP))
    same = ("etag", "content-type", "cache-control", "x-checksum-sha256", "repr-digest", "accept-ranges")
    assert {name: head.headers[name] for name in same} == {name: get.headers[name] for name in same}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_caller_who_has_the_bundle_fetches_nothing(
    client: httpx.AsyncClient, published: Published, method: str
) -> None:
    headers = {"if-none-match": f'"{published.sha256}"'}
    answer = await client.request(method, f"{published.url}/bundle", headers=headers)
    assert (answer.status_code, answer.content) == (304, b"")
    assert "x-accel-redirect" not in answer.headers
    assert answer.headers["etag"] == headers["if-none-match"]


async def test_a_version_without_a_source_map_says_so(client: httpx.AsyncClient, publisher: Any) -> None:
    await publisher.send(version="1.0.0")
    answer = await client.get(f"/api/v1/plugins/{publisher.plugin_id}/versions/1.0.0/source-map")
    assert (answer.status_code, answer.json()["code"]) == (404, "source_map_not_found")


@pytest.fixture
async def client_with_cdn(settings: ServeSettings) -> AsyncIterator[httpx.AsyncClient]:
    with_cdn = settings.model_copy(update={"bundle_cdn_url": "https://cdn.test/bundles/"})
    async with asgi_client(create_app(with_cdn)) as client:
        yield client


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_with_a_cdn_the_caller_is_sent_there(
    client_with_cdn: httpx.AsyncClient, published: Published, publisher: Any, method: str
) -> None:
    answer = await client_with_cdn.request(method, f"{published.url}/bundle")
    assert answer.status_code == 302
    assert answer.headers["location"] == f"https://cdn.test/bundles/{publisher.plugin_id}/1.0.0/bundle.js"
    assert "x-accel-redirect" not in answer.headers
    assert "immutable" not in answer.headers["cache-control"]
