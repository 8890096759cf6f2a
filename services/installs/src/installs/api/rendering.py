"""Answers as bytes. The list is read with every start of a host, so it goes past the response models."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response

from chassis.conditional import body_etag, is_unmodified, revision_etag
from installs.domain.installs import Install

MEDIA_TYPE = "application/json"
_PRIVATE = {"cache-control": "private, no-cache", "vary": "Cookie, Authorization"}
"""Only the caller's own cache may keep it, and asks each time whether it still holds."""


def install_response(install: Install, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with one install; its entity tag is its revision, for ``If-Match``."""
    all_headers = {**_PRIVATE, "etag": revision_etag(install.revision), **(headers or {})}
    return Response(_encode(_shape(install)), status, all_headers, MEDIA_TYPE)


def list_response(installs: list[Install], *, request_headers: Mapping[str, str]) -> Response:
    """Answer with a whole list, or with 304 where the caller has it already."""
    body = _encode({"items": [_shape(install) for install in installs]})
    headers = {**_PRIVATE, "etag": body_etag(body)}
    if is_unmodified(request_headers, headers["etag"]):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, MEDIA_TYPE)


def _encode(value: dict[str, Any]) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_UTC_Z)


def _shape(install: Install) -> dict[str, Any]:
    return {
        "plugin_id": install.plugin_id,
        "version": install.version,
        "enabled": install.enabled,
        "settings": orjson.Fragment(install.settings_json),
        "installed_at": install.installed_at,
        "updated_at": install.updated_at,
        "plugin": {
            "name": install.plugin_name,
            "icon_url": install.icon_url,
            "latest_version": install.latest_version,
            "status": install.status,
            "sha256": install.sha256,
            "bundle_url": f"/api/v1/plugins/{install.plugin_id}/versions/{install.version}/bundle",
            "minimum_platform_version": install.minimum_platform_version,
        },
        "update_available": install.update_available,
    }
