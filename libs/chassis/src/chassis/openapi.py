"""OpenAPI 3.1 documents whose error answers are what the platform really sends."""

from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

PROBLEM_SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "description": "RFC 9457 problem details; 'code' is stable, 'remedy' says what to do.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "remedy", "instance", "trace_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "remedy": {"type": "string"},
        "instance": {"type": "string"},
        "trace_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code", "detail"],
                "properties": {
                    "pointer": {"type": "string"},
                    "parameter": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}

_METHODS = ("get", "put", "post", "delete", "patch", "head", "options")


def operation_id(route: APIRoute) -> str:
    """Name an operation after its function; functions are unique per service."""
    return route.name


def build_openapi(app: FastAPI, *, service: str) -> dict[str, Any]:
    """Give the service's document.

    Each operation's id is prefixed with the service, the framework's own error answer is replaced by the problem
    document, and every operation states it as its default answer.
    """
    document = app.openapi()
    schemas: dict[str, Any] = document.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = PROBLEM_SCHEMA
    problem = {
        "description": "Refused; the body says why and what to do",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for path in document["paths"].values():
        for method, operation in path.items():
            if method not in _METHODS:
                continue
            operation["operationId"] = f"{service}_{operation['operationId']}"
            operation["responses"].pop("422", None)
            operation["responses"].setdefault("default", problem)
    return document
