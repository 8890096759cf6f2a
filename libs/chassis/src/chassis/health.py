"""Liveness, readiness and metrics addresses.

Liveness never asks another server, so that an outage elsewhere restarts nothing; readiness asks those without which
the process cannot work.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

Check = Callable[[], Awaitable[None]]
"""Returns when the dependency answers; raises, or takes too long, when it does not."""

CHECK_TIMEOUT_SECONDS = 2.0


def health_routes(*, readiness: Mapping[str, Check], is_alive: Callable[[], bool] = lambda: True) -> list[Route]:
    """Make ``/livez``, ``/readyz`` and ``/metrics``.

    Parameters
    ----------
    readiness
        Name of each dependency → its check; all are asked side by side.
    is_alive
        False when the process hangs and should be restarted.
    """

    async def livez(_request: Request) -> Response:
        return PlainTextResponse("ok") if is_alive() else PlainTextResponse("stalled", 503)

    async def readyz(_request: Request) -> Response:
        names = list(readiness)
        results = await asyncio.gather(*(_passes(readiness[name]) for name in names))
        states = {name: "ok" if passed else "failing" for name, passed in zip(names, results, strict=True)}
        return JSONResponse({"checks": states}, 200 if all(results) else 503)

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return [Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", metrics)]


async def _passes(check: Check) -> bool:
    try:
        await asyncio.wait_for(check(), CHECK_TIMEOUT_SECONDS)
    except Exception:  # noqa: BLE001 - whatever it is, the dependency is not ready
        return False
    return True
