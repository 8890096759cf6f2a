"""Bundles and source maps: headers from here, bytes from the object store or its CDN.

The gateway reads the address in ``x-accel-redirect`` and streams what it finds there under these headers.
"""

import base64
from typing import Any

from fastapi import APIRouter, Request, Response

from catalog.api.caching import DETAIL_SECONDS, IMMUTABLE, Caching, group_list, plugin_group
from catalog.api.dependencies import Actions, PluginId, VersionText
from catalog.api.plugins import NOT_PUBLIC, UNCHANGED
from catalog.domain.plugins import LocatedObject
from chassis.app import API_PREFIX
from chassis.conditional import is_unmodified
from chassis.strict_body import StrictRoute

router = APIRouter(
    prefix=API_PREFIX + "/plugins/{plugin_id}/versions/{version}", route_class=StrictRoute, tags=["versions"]
)

BUNDLE_TYPE = "text/javascript; charset=utf-8"
SOURCE_MAP_TYPE = "application/json"

_FILE_HEADERS: dict[str, Any] = {
    name: {"description": description, "schema": {"type": "string"}}
    for name, description in {
        "ETag": "The SHA-256 in hex, quoted.",
        "X-Checksum-SHA256": "SHA-256 of the file in lower-case hex.",
        "Repr-Digest": "The same as RFC 9530 writes it.",
        "Content-Length": "Bytes.",
        "Cache-Control": "Immutable for a version; a few minutes for 'latest'.",
    }.items()
}


def _responses(media_type: str) -> dict[int | str, dict[str, Any]]:
    # Bytes, whatever the media type: without a schema, since that of a string would say that a source map is a JSON
    # string, and a part of one is no JSON at all.
    content: dict[str, Any] = {media_type: {}}
    return {
        200: {"description": "The file", "content": content, "headers": _FILE_HEADERS},
        206: {"description": "The part that Range asks for", "content": content, "headers": _FILE_HEADERS},
        302: {"description": "The file lies at the address in Location (with a CDN)"},
        **UNCHANGED,
        **NOT_PUBLIC,
    }


@router.get(
    "/bundle",
    summary="Download a bundle",
    description="The version's bundle.js. Conditional and range requests are served; 'latest' is not immutable.",
    response_class=Response,
    responses=_responses(BUNDLE_TYPE),
)
async def download_bundle(request: Request, plugin_id: PluginId, version: VersionText, actions: Actions) -> Response:
    located = await actions.locate_file.locate_bundle(plugin_id, version)
    return _file_answer(request, located, plugin_id=plugin_id, media_type=BUNDLE_TYPE)


@router.get(
    "/source-map",
    summary="Download a source map",
    description="The version's bundle.js.map; 404 `source_map_not_found` where it has none.",
    response_class=Response,
    responses=_responses(SOURCE_MAP_TYPE),
)
async def download_source_map(
    request: Request, plugin_id: PluginId, version: VersionText, actions: Actions
) -> Response:
    located = await actions.locate_file.locate_source_map(plugin_id, version)
    return _file_answer(request, located, plugin_id=plugin_id, media_type=SOURCE_MAP_TYPE)


# HEAD tells the same without a trip to the object store. It is not part of the document: GET says it all.
router.add_api_route("/bundle", download_bundle, methods=["HEAD"], include_in_schema=False, name="head_bundle")
router.add_api_route(
    "/source-map", download_source_map, methods=["HEAD"], include_in_schema=False, name="head_source_map"
)


def _file_answer(request: Request, located: LocatedObject, *, plugin_id: str, media_type: str) -> Response:
    headers = _headers(located, plugin_id)
    if is_unmodified(request.headers, headers["etag"]):
        return Response(status_code=304, headers=headers)
    if located.public_url is not None:
        return Response(status_code=302, headers={**headers, "location": located.public_url})
    if request.method == "HEAD":
        headers["content-length"] = str(located.stored.size_bytes)
    elif located.internal_url is not None:
        headers["x-accel-redirect"] = located.internal_url
    return Response(b"", 200, {**headers, "content-type": media_type})


def _headers(located: LocatedObject, plugin_id: str) -> dict[str, str]:
    group = plugin_group(plugin_id)
    caching = Caching(ttl_seconds=DETAIL_SECONDS, groups=(group,)).headers()
    # A redirect is not the file: where it points may change with the deployment.
    if located.is_final and located.public_url is None:
        caching = {"cache-control": IMMUTABLE, "cache-groups": group_list(group)}
    digest = base64.b64encode(bytes.fromhex(located.stored.sha256)).decode()
    return {
        **caching,
        "etag": f'"{located.stored.sha256}"',
        "x-checksum-sha256": located.stored.sha256,
        "repr-digest": f"sha-256=:{digest}:",
        "accept-ranges": "bytes",
        # A stranger's file under the platform's own address: never sniffed, never run as a page.
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
        "cross-origin-resource-policy": "cross-origin",
    }
