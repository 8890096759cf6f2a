"""The HTTP server around the gateway."""

import logging

import uvicorn

from chassis.process import TellingServer
from gateway.application import Gateway
from gateway.http_protocol import GatewayProtocol

GRACE_SECONDS = 10

KEEP_ALIVE_SECONDS = 75
"""Longer than load balancers keep an idle connection (60 seconds as a rule), so that ours never closes first."""


def make_server(app: Gateway, *, host: str, port: int) -> uvicorn.Server:
    """Make the server; forwarded addresses are judged by `gateway.headers`, not here."""
    # uvicorn writes a line for each malformed request, which would let strangers fill the log; a metric counts them.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    return TellingServer(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            http=GatewayProtocol,
            ws="none",
            loop="uvloop",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=GRACE_SECONDS,
        ),
        on_stop=app.stop,
    )
