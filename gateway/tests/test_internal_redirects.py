from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable

import boto3
import pytest
from botocore.config import Config
from starlette.requests import Request
from starlette.responses import Response

from gateway_stand_ins.platform import Platform
from testkit.stores import S3Settings

BUNDLE = "/api/v1/plugins/chart-kit/versions/1.0.0/bundle"
SMALL = b"console.log('small');"
LARGE = bytes(range(256)) * 8_192
"""2 MiB, more than the cache keeps."""


def described(url: str, content: bytes) -> dict[str, str]:
    digest = hashlib.sha256(content).hexdigest()
    return {
        "x-accel-redirect": url,
        "content-type": "text/javascript; charset=utf-8",
        "etag": f'"{digest}"',
        "x-checksum-sha256": digest,
        "cache-control": "public, max-age=31536000, immutable",
        "cache-groups": '"plugin:chart-kit"',
    }


@pytest.fixture
def presign(s3_settings: S3Settings) -> Callable[[str, bytes | None], str]:
    client = boto3.client(
        "s3",
        endpoint_url=s3_settings.endpoint_url,
        aws_access_key_id=s3_settings.access_key_id,
        aws_secret_access_key=s3_settings.secret_access_key,
        region_name=s3_settings.region,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )

    def put(key: str, content: bytes | None) -> str:
        if content is not None:
            client.put_object(Bucket=s3_settings.bundle_bucket, Key=key, Body=content, ContentType="binary/x")
        parameters = {"Bucket": s3_settings.bundle_bucket, "Key": key}
        address: str = client.generate_presigned_url("get_object", Params=parameters, ExpiresIn=60)
        return address

    return put


@pytest.fixture
async def with_store(start_platform: Callable[..., Awaitable[Platform]], s3_settings: S3Settings) -> Platform:
    """A gateway whose object store is a real one."""
    return await start_platform(s3_endpoint_url=s3_settings.endpoint_url)


@pytest.fixture(params=[SMALL, LARGE], ids=["small", "large"])
def content(request: pytest.FixtureRequest) -> bytes:
    body: bytes = request.param
    return body


@pytest.fixture
def file(with_store: Platform, presign: Callable[[str, bytes | None], str], content: bytes) -> Platform:
    key = f"chart-kit/1.0.0+b.1/{len(content)}.js"
    with_store.catalog.reply(BUNDLE, headers=described(presign(key, content), content))
    return with_store


async def test_the_file_comes_from_the_store_under_the_services_headers(file: Platform, content: bytes) -> None:
    answer = await file.client.get(BUNDLE)
    assert answer.status_code == 200
    assert answer.content == content
    assert answer.headers["content-length"] == str(len(content))
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["etag"] == f'"{hashlib.sha256(content).hexdigest()}"'
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert not [name for name in answer.headers if name.startswith(("x-amz", "x-accel"))]
    assert answer.headers.get_list("content-type") == ["text/javascript; charset=utf-8"]


async def test_a_small_file_is_kept_and_a_large_one_is_not(file: Platform, content: bytes) -> None:
    await file.client.get(BUNDLE)
    again = await file.client.get(BUNDLE)
    assert again.content == content
    assert again.headers["x-cache"] == ("hit" if content is SMALL else "miss")


async def test_head_tells_the_length_without_the_bytes(file: Platform, content: bytes) -> None:
    answer = await file.client.head(BUNDLE)
    assert answer.status_code == 200
    assert answer.headers["content-length"] == str(len(content))
    assert answer.headers["etag"]
    assert answer.content == b""


@pytest.mark.parametrize(
    ("asked", "part"),
    [("bytes=0-4", slice(0, 5)), ("bytes=5-", slice(5, None)), ("bytes=-3", slice(-3, None))],
)
async def test_a_range_is_passed_on(file: Platform, content: bytes, asked: str, part: slice) -> None:
    answer = await file.client.get(BUNDLE, headers={"range": asked})
    assert answer.status_code == 206
    assert answer.content == content[part]
    assert answer.headers["content-range"].endswith(f"/{len(content)}")
    assert answer.headers["content-length"] == str(len(content[part]))


async def test_many_ranges_or_nonsense_give_the_whole_file(file: Platform, content: bytes) -> None:
    many = "bytes=" + ",".join(f"{start}-{start + 1}" for start in range(0, 2_000, 2))
    for asked in (many, "bytes=a-b", "lines=1-2", "bytes=5-2000000000000000000000"):
        answer = await file.client.get(BUNDLE, headers={"range": asked})
        assert (answer.status_code, len(answer.content)) == (200, len(content))


async def test_a_range_beyond_the_end_is_a_416_problem(file: Platform, content: bytes) -> None:
    answer = await file.client.get(BUNDLE, headers={"range": f"bytes={len(content) + 10}-"})
    assert answer.status_code == 416
    assert answer.json()["code"] == "range_not_satisfiable"


async def test_if_range_is_compared_with_the_services_etag(file: Platform, content: bytes) -> None:
    etag = f'"{hashlib.sha256(content).hexdigest()}"'
    same = await file.client.get(BUNDLE, headers={"range": "bytes=0-4", "if-range": etag})
    other = await file.client.get(BUNDLE, headers={"range": "bytes=0-4", "if-range": '"other"'})
    assert (same.status_code, other.status_code) == (206, 200)


async def test_a_client_that_has_the_file_gets_304(file: Platform, content: bytes) -> None:
    etag = f'"{hashlib.sha256(content).hexdigest()}"'
    for _ in range(2):
        answer = await file.client.get(BUNDLE, headers={"if-none-match": etag})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == etag
        await file.client.get(BUNDLE)


async def test_a_file_that_is_missing_is_a_503(
    with_store: Platform, presign: Callable[[str, bytes | None], str]
) -> None:
    with_store.catalog.reply(BUNDLE, headers=described(presign("never/there.js", None), b""))
    for method in ("GET", "HEAD"):
        answer = await with_store.client.request(method, BUNDLE)
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["retry-after"]


async def test_a_store_that_is_away_is_a_503(start_platform: Callable[..., Awaitable[Platform]]) -> None:
    platform = await start_platform(s3_endpoint_url="http://127.0.0.1:1")
    platform.catalog.reply(BUNDLE, headers=described("http://127.0.0.1:1/bundles/a?X-Amz-Signature=s", b""))
    answer = await platform.client.get(BUNDLE)
    assert (answer.status_code, answer.json()["code"]) == (503, "service_unavailable")


@pytest.mark.parametrize(
    "address",
    [
        "http://evil.test/bundles/a.js",
        "https://{store}/bundles/a.js",
        "http://{store}@evil.test/bundles/a.js",
        "http://user:pw@{store}/bundles/a.js",
        "http://{store}.evil.test/bundles/a.js",
        "//{store}/bundles/a.js",
        "/bundles/a.js",
        "file:///etc/passwd",
        "http://[::1",
        "http://{store}/root/../secret",
        "http://{store}/other/a.js",
        "http://{store}/rootless/a.js",
    ],
)
async def test_a_redirect_anywhere_else_is_refused(
    start_platform: Callable[..., Awaitable[Platform]], address: str
) -> None:
    probe = await start_platform()
    platform = await start_platform(s3_endpoint_url=f"{probe.store.url}/root")
    authority = probe.store.url.removeprefix("http://")
    platform.catalog.reply(BUNDLE, headers=described(address.replace("{store}", authority), b""))
    answer = await platform.client.get(BUNDLE)
    assert (answer.status_code, answer.json()["code"]) == (503, "service_unavailable")
    assert platform.store.seen == []


async def test_the_presigned_query_reaches_the_store_unchanged(steady: Platform) -> None:
    target = "/bundles/a%2Bb/1.0.0%2Bx.js?X-Amz-Credential=k%2F2026%2Fs3&X-Amz-Signature=abc%3D&x=%20"
    steady.store.reply(target.partition("?")[0], SMALL)
    steady.catalog.reply(BUNDLE, headers=described(steady.store.url + target, SMALL))
    assert (await steady.client.get(BUNDLE, headers={"range": "bytes=x"})).status_code == 200
    assert steady.store.last.target == target
    assert {name for name, _ in steady.store.last.headers} <= {"host", "accept-encoding"}


async def test_a_reviewers_download_follows_the_redirect_too_and_stays_private(
    steady: Platform, sign_in: Callable[..., Awaitable[str]], new_session: Callable[[], str]
) -> None:
    path = "/api/v1/review/submissions/1/bundle"
    steady.store.reply("/quarantine/1", SMALL)
    headers = {"x-accel-redirect": f"{steady.store.url}/quarantine/1", "cache-control": "private, no-store"}
    steady.publishing.reply(path, headers={**headers, "content-disposition": "attachment"})
    cookie = {"cookie": f"sid={await sign_in(new_session())}"}
    answer = await steady.client.get(path, headers=cookie)
    assert answer.content == SMALL
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["content-disposition"] == "attachment"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"


async def test_a_cdns_address_is_handed_to_the_client(steady: Platform) -> None:
    steady.catalog.reply(BUNDLE, status=302, headers={"location": "https://cdn.test/chart-kit/1.0.0/bundle.js"})
    answer = await steady.client.get(BUNDLE)
    assert (answer.status_code, answer.headers["location"]) == (302, "https://cdn.test/chart-kit/1.0.0/bundle.js")


async def test_head_of_a_file_is_asked_of_its_service(steady: Platform) -> None:
    async def describe(request: Request) -> Response:
        assert request.method == "HEAD"
        return Response(headers={"content-length": "4711", "etag": '"a"'})

    steady.catalog.on(BUNDLE, describe)
    answer = await steady.client.head(BUNDLE)
    assert (answer.status_code, answer.headers["content-length"]) == (200, "4711")
    assert steady.store.seen == []
