"""The one renderer of errors: RFC 9457 problem details with stable codes, remedies and the trace id."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi.exceptions import RequestValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from chassis.errors import ErrorKind, FieldError, PlatformError, RequestInvalidError, ServiceUnavailableError
from chassis.telemetry import current_trace_id

PROBLEM_TYPE = "urn:plugin-platform:problem:"
MEDIA_TYPE = "application/problem+json"

_METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
_BODY = ("body",)

_log = structlog.get_logger()


class BodyNotJsonError(PlatformError):
    """The body cannot be parsed."""

    code = "body_not_json"
    kind = ErrorKind.MALFORMED
    title = "The body is not JSON"
    default_remedy = "Send valid UTF-8 JSON with 'Content-Type: application/json'."


class RouteNotFoundError(PlatformError):
    """No such address."""

    code = "route_not_found"
    kind = ErrorKind.NOT_FOUND
    title = "There is nothing at this address"
    default_remedy = "See /docs for every address of this API."


class MethodNotAllowedError(PlatformError):
    """The address exists, the method does not."""

    code = "method_not_allowed"
    kind = ErrorKind.METHOD_NOT_ALLOWED
    title = "The address does not take this method"
    default_remedy = "Use one of the methods in the Allow header."


class InternalError(PlatformError):
    """A fault of ours; the log has it under the trace id."""


def problem_response(error: PlatformError, *, instance: str, headers: Mapping[str, str] | None = None) -> Response:
    """Render an error.

    Parameters
    ----------
    error
        What to say; its kind gives the status, and ``retry_after_seconds`` the Retry-After header.
    instance
        The path of the request.
    headers
        Further headers, such as Allow.
    """
    body: dict[str, Any] = {
        **error.extensions,
        "type": PROBLEM_TYPE + error.code,
        "title": error.title,
        "status": error.kind.value,
        "detail": error.detail,
        "code": error.code,
        "remedy": error.remedy,
        "instance": instance,
        "trace_id": current_trace_id(),
    }
    if error.errors:
        body["errors"] = [_field(item) for item in error.errors]
    all_headers = {"cache-control": "no-store", **(headers or {})}
    if error.retry_after_seconds is not None:
        all_headers["retry-after"] = str(max(1, error.retry_after_seconds))
    if error.kind is ErrorKind.UNAUTHENTICATED:
        all_headers["www-authenticate"] = 'Bearer realm="plugin-platform"'
    content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    return Response(content, error.kind.value, all_headers, MEDIA_TYPE)


def _field(item: FieldError) -> dict[str, str]:
    place = {"pointer": item.pointer} if item.pointer is not None else {"parameter": item.parameter or ""}
    return {**place, "code": item.code, "detail": item.detail}


def install_problem_handlers(app: Starlette) -> None:
    """Make every error of the application a problem document."""
    app.add_exception_handler(PlatformError, _on_platform_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(Exception, _on_unexpected)


async def _on_platform_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, PlatformError)  # noqa: S101 - registered for this class
    if isinstance(error, ServiceUnavailableError):
        _log.warning("dependency_unavailable", dependency=error.dependency, cause=repr(error.__cause__))
    return problem_response(error, instance=request.url.path)


async def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class
    faults = error.errors()
    refusal: PlatformError
    if any(fault["type"] == "json_invalid" for fault in faults):
        refusal = BodyNotJsonError("the body could not be parsed as JSON")
    elif any(tuple(fault["loc"]) == _BODY for fault in faults) and not _states_json(request):
        # The framework takes such a body for text or for none, and its fault would be one of the wrong form.
        refusal = BodyNotJsonError("the request has no body whose Content-Type is JSON")
    else:
        refusal = RequestInvalidError(
            "some parts of the request are not valid", errors=[_field_error(fault) for fault in faults]
        )
    return problem_response(refusal, instance=request.url.path)


def _states_json(request: Request) -> bool:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return media_type == "application/json" or (media_type.startswith("application/") and media_type.endswith("+json"))


def _field_error(fault: Mapping[str, Any]) -> FieldError:
    location: Sequence[Any] = fault["loc"] or ("",)
    detail = str(fault["msg"])
    if location and location[0] == "body":
        pointer = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location[1:])
        return FieldError(code=str(fault["type"]), detail=detail, pointer=pointer)
    # A fault inside a repeated parameter is located as ('query', 'tag', 3).
    return FieldError(code=str(fault["type"]), detail=detail, parameter=str(location[min(1, len(location) - 1)]))


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    if isinstance(error.__cause__, PlatformError):  # FastAPI wraps what the body parser raised
        return problem_response(error.__cause__, instance=request.url.path)
    known: dict[int, type[PlatformError]] = {404: RouteNotFoundError, 405: MethodNotAllowedError, 400: BodyNotJsonError}
    refusal = known.get(error.status_code, InternalError)
    headers = dict(error.headers or {})
    if refusal is MethodNotAllowedError:
        headers["Allow"] = ", ".join(_methods_of(request))
    return problem_response(refusal(str(error.detail)), instance=request.url.path, headers=headers)


def _methods_of(request: Request) -> list[str]:
    """List the methods of an address; the router itself names those of the first route only."""
    return [
        method
        for method in _METHODS
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in request.app.routes)
    ]


async def _on_unexpected(request: Request, error: Exception) -> Response:
    _log.error("unexpected_error", path=request.url.path, exc_info=error)
    return problem_response(InternalError("an unexpected fault; it has been logged"), instance=request.url.path)
