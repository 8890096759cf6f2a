"""The gateway's own pages: health, metrics, the API document and its reader."""

import ipaddress

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.health import health_routes
from chassis.problems import RouteNotFoundError, install_problem_handlers
from gateway.docs import docs_routes

_FORWARDED = frozenset({b"x-forwarded-for", b"forwarded", b"x-real-ip"})


def own_pages() -> dict[str, ASGIApp]:
    """Give the pages by path.

    Readiness asks no other server: without Redis or a service the gateway still answers what it can, and taking it out
    of service for their sake would make their outage everybody's.
    """
    routes = [*health_routes(readiness={}), *docs_routes(), Route("/", _to_docs, include_in_schema=False)]
    app = Starlette(routes=routes)
    install_problem_handlers(app)
    pages: dict[str, ASGIApp] = {route.path: app for route in routes}
    pages["/metrics"] = _ForOperators(app)
    return pages


async def _to_docs(_request: Request) -> Response:
    return RedirectResponse("/docs")


class _ForOperators:
    """Hides a page from whoever comes from outside: through a proxy, or from a public address."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or say that there is nothing here."""
        client = scope.get("client")
        came_through_proxy = any(name in _FORWARDED for name, _ in scope["headers"])
        if came_through_proxy or client is None or not _is_private(client[0]):
            raise RouteNotFoundError("no such address")
        await self._app(scope, receive, send)


def _is_private(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_private
    except ValueError:
        return False
