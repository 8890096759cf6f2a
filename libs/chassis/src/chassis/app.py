"""The application factory that every HTTP service uses."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager

from fastapi import APIRouter, FastAPI

from chassis.health import Check, health_routes
from chassis.identity import IdentityVerifier
from chassis.openapi import operation_id
from chassis.problems import install_problem_handlers
from chassis.strict_body import AddressGuardMiddleware
from chassis.telemetry import TelemetryMiddleware

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]
"""Opens what the application needs and closes it afterwards."""

API_PREFIX = "/api/v1"


def create_api(
    *,
    title: str,
    description: str,
    routers: Sequence[APIRouter],
    identity_verifier: IdentityVerifier | None,
    readiness: Mapping[str, Check],
    lifespan: Callable[[FastAPI], AsyncIterator[None]] | Lifespan | None = None,
) -> FastAPI:
    """Build a service's application.

    Parameters
    ----------
    title, description
        For the API document.
    routers
        Mounted as they are; their prefixes are full paths. Use ``route_class=StrictRoute``.
    identity_verifier
        Verifies callers; None only where the document alone is wanted.
    readiness
        Name → check of each server that the service cannot work without.
    lifespan
        Opens and closes pools.
    """
    app = FastAPI(
        title=title,
        description=description,
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        generate_unique_id_function=operation_id,
        lifespan=lifespan,  # type: ignore[arg-type]  # FastAPI's own type names Starlette, whose subclass we get
    )
    app.state.identity_verifier = identity_verifier
    for router in routers:
        app.include_router(router)
    app.router.routes.extend(health_routes(readiness=readiness))
    install_problem_handlers(app)
    app.add_middleware(AddressGuardMiddleware)
    app.add_middleware(TelemetryMiddleware)
    return app
