"""``RateLimit`` and ``RateLimit-Policy`` on every answer whose request was counted.

Source: draft-ietf-httpapi-ratelimit-headers-10.
"""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from auth.domain.limits import Standing

_KEY = "limit_standings"


class LimitHeadersMiddleware:
    """Writes into an answer's headers, refusals included, what `standings_of` its request holds by then."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        standings: list[Standing] = scope.setdefault("state", {}).setdefault(_KEY, [])

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start" and standings:
                policies, states = limit_headers(standings)
                added = [(b"ratelimit-policy", policies.encode()), (b"ratelimit", states.encode())]
                message = {**message, "headers": [*message.get("headers", []), *added]}
            await send(message)

        await self._app(scope, receive, send_with_headers)


def standings_of(request: Request) -> list[Standing]:
    """Give the list into which this request's limits are reported."""
    standings: list[Standing] = request.scope.setdefault("state", {}).setdefault(_KEY, [])
    return standings


def limit_headers(standings: Sequence[Standing]) -> tuple[str, str]:
    """Give the values of ``RateLimit-Policy`` and ``RateLimit``."""
    policies = [f'"{each.limit.name}";q={each.limit.quota};w={each.limit.window_seconds}' for each in standings]
    states = [f'"{each.limit.name}";r={each.remaining};t={each.reset_seconds}' for each in standings]
    return ", ".join(policies), ", ".join(states)
