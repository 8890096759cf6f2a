"""One OpenAPI 3.1 document of the services' own."""

import json
from collections.abc import Mapping
from typing import Any

from gateway.routes import Route, RouteTable, SessionUse, build_routes

_METHODS = frozenset({"get", "put", "post", "delete", "patch", "head", "options"})
_SCHEMA_ROOT = "#/components/schemas/"

_DESCRIPTION = """The marketplace and runtime back end for plugins.

Sign in with `POST /api/v1/auth/login`: the session comes as a cookie, and as `session.token`, which may be sent as a
bearer token instead. Visitors need none of it: the first change of theirs, such as an install, begins an anonymous
session, whose installs move to the account at sign-in.

Every refusal is a problem document (RFC 9457) with a stable `code` and a `remedy`. Lists are paged by `next_cursor`
and a `Link` header. Beside the answers stated at an address, any may be refused with: 400 `address_invalid`,
400 `request_malformed`, 400 `session_ambiguous`, 403 `origin_refused`, 404 `route_not_found`, 408 `request_timed_out`,
413 `body_too_large`, 414 `address_too_long`, 431 `headers_too_large`, 503 `service_unavailable` with `Retry-After`.
"""

_SECURITY_SCHEMES = {
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "sid",
        "description": "Set by sign-in, registration or a visitor's first change. Named __Host-sid over https.",
    },
    "bearer": {"type": "http", "scheme": "bearer", "description": "The session's token."},
}
_WITH_SESSION: list[dict[str, list[str]]] = [{"session": []}, {"bearer": []}]
_SECURITY: dict[SessionUse, list[dict[str, list[str]]]] = {
    SessionUse.IGNORED: [],
    SessionUse.OPTIONAL: [{}, *_WITH_SESSION],
    SessionUse.REQUIRED: _WITH_SESSION,
}


class MergeError(ValueError):
    """The documents contradict each other or the route table."""


def merge_documents(documents: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Merge the services' documents.

    Schemas of the same name and content become one; of the same name and other content, each gets its service's name
    in front. What a session means to an operation is taken from the route table.

    Parameters
    ----------
    documents
        Service → its document.

    Raises
    ------
    MergeError
        Two services claim a path, or a path does not lead to the service that documents it.
    """
    table = RouteTable(build_routes(upload_limit_bytes=0))
    renamed = _clashing_schemas(documents)
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for service, document in sorted(documents.items()):
        mine = _renamed(document, {name: _own_name(service, name) for name in renamed[service]})
        schemas |= mine.get("components", {}).get("schemas", {})
        for path, item in mine["paths"].items():
            if path in paths:
                raise MergeError(f"{path} is documented by two services, one of them {service}")
            paths[path] = _with_security(item, _route(table, path, service))
    return {
        "openapi": "3.1.0",
        "info": {"title": "Plugin Platform API", "version": "1", "description": _DESCRIPTION},
        "servers": [{"url": "/", "description": "This gateway"}],
        "tags": [{"name": name} for name in _tags(paths)],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": _SECURITY_SCHEMES},
    }


def _clashing_schemas(documents: Mapping[str, dict[str, Any]]) -> dict[str, set[str]]:
    """Give, for each service, its schemas whose name another service uses for something else."""
    contents: dict[str, set[str]] = {}
    for document in documents.values():
        for name, schema in _schemas(document).items():
            contents.setdefault(name, set()).add(json.dumps(schema, sort_keys=True))
    return {
        service: {name for name in _schemas(document) if len(contents[name]) > 1}
        for service, document in documents.items()
    }


def _schemas(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document.get("components", {}).get("schemas", {})
    return found


def _own_name(service: str, name: str) -> str:
    return "".join(part.capitalize() for part in service.split("-")) + name


def _renamed(node: Any, names: Mapping[str, str]) -> Any:  # noqa: ANN401 - walks any JSON value
    """Give a copy with schemas renamed, where they are defined and wherever they are referred to."""
    if isinstance(node, list):
        return [_renamed(item, names) for item in node]
    if not isinstance(node, dict):
        return node
    copy = {key: _renamed(value, names) for key, value in node.items()}
    reference = copy.get("$ref")
    if isinstance(reference, str) and reference.removeprefix(_SCHEMA_ROOT) in names:
        copy["$ref"] = _SCHEMA_ROOT + names[reference.removeprefix(_SCHEMA_ROOT)]
    if isinstance(copy.get("schemas"), dict):
        copy["schemas"] = {names.get(name, name): schema for name, schema in copy["schemas"].items()}
    return copy


def _route(table: RouteTable, path: str, service: str) -> Route:
    route = table.find(path)
    if route is None or route.upstream != service:
        leads_to = route.upstream if route else "nowhere"
        raise MergeError(f"{path} is documented by {service}, but the gateway's route table leads {leads_to}")
    return route


def _with_security(item: dict[str, Any], route: Route) -> dict[str, Any]:
    for method, operation in item.items():
        if method in _METHODS:
            operation["security"] = _SECURITY[route.session]
    return item


def _tags(paths: Mapping[str, dict[str, Any]]) -> list[str]:
    return sorted(
        {
            tag
            for item in paths.values()
            for method, operation in item.items()
            if method in _METHODS
            for tag in operation.get("tags", [])
        }
    )
