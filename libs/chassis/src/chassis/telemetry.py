"""Structured logs, W3C trace context and request metrics.

The trace id is that of the incoming ``traceparent`` (https://www.w3.org/TR/trace-context/) or a fresh one; it stands
in every log line, every problem body, every outbox row and every event's headers.
"""

import logging
import re
import secrets
import sys
import time
from contextvars import ContextVar

import structlog
from prometheus_client import Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_TRACEPARENT = re.compile(r"^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$")
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)

REQUEST_SECONDS = Histogram(
    "http_request_duration_seconds",
    "Seconds from the request's first byte to the end of its answer",
    ("method", "route", "status"),
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)


def configure_logging(level: str) -> None:
    """Send JSON lines to standard output; `level` is debug, info, warning or error. Call once, at start."""
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_trace,
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(number, logging.WARNING), force=True)


def _add_trace(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    current = _current.get()
    if current is not None:
        event.setdefault("trace_id", current[3:35])
    return event


def current_traceparent() -> str | None:
    """Give the trace context of the work at hand, for outgoing calls and outbox rows; None outside of one."""
    return _current.get()


def current_trace_id() -> str:
    """Give the 32 hex digits of the trace id; a fresh one outside of a trace."""
    current = _current.get()
    return current[3:35] if current is not None else secrets.token_hex(16)


def begin_trace(traceparent: str | None) -> str:
    """Continue a trace, or begin one where there is none or it is malformed; returns the new ``traceparent``."""
    match = _TRACEPARENT.match(traceparent) if traceparent else None
    trace_id, flags = (match[1], match[3]) if match and set(match[1]) != {"0"} else (secrets.token_hex(16), "01")
    value = f"00-{trace_id}-{secrets.token_hex(8)}-{flags}"
    _current.set(value)
    return value


class TelemetryMiddleware:
    """Pure ASGI: begins the trace, measures the request, names the route in metrics (never the raw path)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        incoming = next((value for name, value in scope["headers"] if name == b"traceparent"), b"")
        begin_trace(incoming.decode("latin-1"))
        started = time.perf_counter()
        status = 500

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        finally:
            route = scope.get("route")
            REQUEST_SECONDS.labels(scope["method"], getattr(route, "path", "unmatched"), status).observe(
                time.perf_counter() - started
            )
