"""Every published plugin's bundle and source map is downloaded and compared with what its developer uploaded."""

import asyncio
import hashlib

import httpx

from demo.api.browsing import BrowsingApi
from demo.errors import CheckFailedError
from demo.journey.stage import Stage
from demo.packaging import PluginPackage
from demo.progress import Advance

_PARALLEL = 4
_RANGE_BYTES = 64


async def download(stage: Stage) -> None:
    """Download the newest version of every published plugin and check bytes, checksums and caching headers.

    Raises
    ------
    CheckFailedError
        Something differs.
    """
    reader = (await stage.people.join("Reader")).browsing
    turns = asyncio.Semaphore(_PARALLEL)

    async def check(package: PluginPackage, advance: Advance) -> None:
        async with turns:
            await _check_version(stage, reader, package)
            advance(1)

    newest = [plugin.approved[-1] for plugin in stage.published]
    with stage.steps.step("Downloading and verifying bundles", len(newest)) as advance:
        async with asyncio.TaskGroup() as group:
            for package in newest:
                group.create_task(check(package, advance))


async def _check_version(stage: Stage, reader: BrowsingApi, package: PluginPackage) -> None:
    name = f"{package.plugin_id} {package.version}"
    detail = await reader.version(package.plugin_id, package.version)
    whole = (await reader.download(detail["bundle_url"])).response
    sha256 = hashlib.sha256(package.bundle).hexdigest()
    _same(name, "bundle", hashlib.sha256(whole.content).hexdigest(), sha256)
    _same(name, "sha256 of the version", detail["sha256"], sha256)
    _same(name, "checksum header", whole.headers.get("x-checksum-sha256"), sha256)
    _same(name, "ETag", whole.headers.get("etag"), f'"{sha256}"')
    _same(name, "size", detail["file_size_bytes"], len(package.bundle))
    _same(name, "manifest", detail["manifest"], package.manifest)
    if "immutable" not in whole.headers.get("cache-control", ""):
        raise _fault(name, "caching", whole.headers.get("cache-control"), "immutable")
    again = await reader.download(detail["bundle_url"], {"if-none-match": f'"{sha256}"'})
    _same(name, "answer to what the client has", again.status, httpx.codes.NOT_MODIFIED)
    part = (await reader.download(detail["bundle_url"], {"range": f"bytes=0-{_RANGE_BYTES - 1}"})).response
    _same(name, "status of a part", part.status_code, httpx.codes.PARTIAL_CONTENT)
    _same(name, "part", part.content, package.bundle[:_RANGE_BYTES])
    stage.findings.count("bundles verified")
    _same(name, "has_source_map", detail["has_source_map"], package.source_map is not None)
    if package.source_map is not None and detail["source_map_url"]:
        source_map = (await reader.download(detail["source_map_url"])).response.content
        _same(name, "source map", source_map, package.source_map)
        stage.findings.count("source maps verified")


def _same(name: str, what: str, found: object, expected: object) -> None:
    if found != expected:
        raise _fault(name, what, found, expected)


def _fault(name: str, what: str, found: object, expected: object) -> CheckFailedError:
    return CheckFailedError(
        f"{name}: {what} is {str(found)[:200]!r} instead of {str(expected)[:200]!r}.",
        remedy="See `make logs S=catalog` and `make logs S=gateway`.",
    )
