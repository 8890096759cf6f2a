"""``/openapi.json`` and ``/docs``: the merged API document, and Swagger UI to read it, without any other host."""

import hashlib
from functools import cache
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.conditional import etag_matches

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Plugin Platform API</title>
<link rel="icon" href="/docs/favicon.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<noscript>The document itself is at <a href="/openapi.json">/openapi.json</a>.</noscript>
<div id="reader"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
_START = """SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#reader",
  deepLinking: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
});
"""
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Swagger UI sets styles on elements, so inline styles are let through; inline scripts are not."""

_ASSETS = {
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
    "favicon.png": "image/png",
}
_ASSET_SECONDS = 86_400
_DOCUMENT_SECONDS = 60


def docs_routes() -> list[Route]:
    """Give the pages."""
    document = files("gateway").joinpath("openapi.json").read_bytes()

    async def openapi(request: Request) -> Response:
        return _answer(request, document, "application/json", seconds=_DOCUMENT_SECONDS)

    async def page(request: Request) -> Response:
        return _answer(request, _PAGE.encode(), "text/html; charset=utf-8", seconds=_DOCUMENT_SECONDS)

    async def start(request: Request) -> Response:
        return _answer(request, _START.encode(), "text/javascript; charset=utf-8", seconds=_DOCUMENT_SECONDS)

    async def asset(request: Request) -> Response:
        name = request.url.path.rpartition("/")[2]
        return _answer(request, _asset(name), _ASSETS[name], seconds=_ASSET_SECONDS)

    return [
        Route("/openapi.json", openapi),
        Route("/docs", page),
        Route("/docs/start.js", start),
        *(Route(f"/docs/{name}", asset, name=name) for name in _ASSETS),
    ]


@cache
def _asset(name: str) -> bytes:
    """Read a file of Swagger UI 5, which the package fastapi-offline carries; on first use, for it is 1.7 MB."""
    return files("fastapi_offline").joinpath("static", name).read_bytes()


@cache
def _etag(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def _answer(request: Request, content: bytes, media_type: str, *, seconds: int) -> Response:
    headers = {
        "cache-control": f"public, max-age={seconds}",
        "etag": _etag(content),
        "content-security-policy": _POLICY,
        "referrer-policy": "no-referrer",
    }
    wanted = request.headers.get("if-none-match")
    if wanted is not None and etag_matches(wanted.encode("latin-1"), headers["etag"].encode()):
        return Response(status_code=304, headers=headers)
    return Response(content, 200, {**headers, "content-type": media_type})
