"""Strict reading of what strangers send: JSON bodies without surprises, addresses without NUL."""

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import unquote_to_bytes

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.errors import FieldError, RequestInvalidError
from chassis.problems import BodyNotJsonError, problem_response
from contracts.jsontext import StrictJsonError, parse_strict


class _StrictRequest(Request):
    """A request whose JSON is read by `parse_strict`."""

    async def json(self) -> Any:  # noqa: ANN401 - any JSON value
        """Parse the body once; see `contracts.jsontext` for what is refused."""
        if not hasattr(self, "_strict_json"):
            try:
                self._strict_json = parse_strict(await self.body())
            except StrictJsonError as error:
                raise BodyNotJsonError(str(error)) from error
        return self._strict_json


class StrictRoute(APIRoute):
    """A route whose JSON body is parsed strictly. Give it to a router as ``route_class``."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's handler."""
        handler = super().get_route_handler()

        async def strict(request: Request) -> Response:
            return await handler(_StrictRequest(request.scope, request.receive))

        return strict


class AddressGuardMiddleware:
    """Refuses paths and queries that are not UTF-8 or contain NUL, which no store could keep (pure ASGI)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http" and not self._is_clean(scope):
            error = RequestInvalidError(
                "the address contains NUL or bytes that are not UTF-8",
                errors=[FieldError(code="encoding", detail="use UTF-8 without NUL", parameter="url")],
            )
            await problem_response(error, instance="/")(scope, receive, send)
            return
        await self._app(scope, receive, send)

    @staticmethod
    def _is_clean(scope: Scope) -> bool:
        raw: bytes = (scope.get("raw_path") or b"") + b"?" + scope["query_string"]
        if b"%" not in raw:
            return True
        decoded = unquote_to_bytes(raw)
        try:
            decoded.decode("utf-8")
        except UnicodeDecodeError:
            return False
        return b"\0" not in decoded
