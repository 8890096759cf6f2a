"""Answers as finished bytes: one encoding, an entity tag of the body, 304 where the caller has it."""

from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import Request, Response

from catalog.api.caching import Caching
from chassis.conditional import body_etag, is_unmodified

MEDIA_TYPE = "application/json"


def encode(value: dict[str, Any]) -> bytes:
    """Write JSON; instants end in Z."""
    return orjson.dumps(value, option=orjson.OPT_UTC_Z)


def cached_answer(
    request: Request, value: dict[str, Any], *, caching: Caching, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer a public read: the value as JSON, or 304 where ``If-None-Match`` names its tag."""
    body = encode(value)
    etag = body_etag(body)
    all_headers = {**caching.headers(), "etag": etag, **(headers or {})}
    if is_unmodified(request.headers, etag):
        return Response(status_code=304, headers=all_headers)
    return Response(body, 200, all_headers, MEDIA_TYPE)
