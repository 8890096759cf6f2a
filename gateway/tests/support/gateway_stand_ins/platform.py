"""A gateway with stand-ins behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import httpx

from gateway.options import Options
from gateway_stand_ins.service import StandInService

INTERNAL_TOKEN = "the-internal-token"
NO_REDIS = "redis://:x@127.0.0.1:1/0"
"""Nobody listens there."""

ANONYMOUS = {
    "session": "anonymous-session-0123456789abcdef",
    "identity": "anonymous.identity.token",
    "expires_at": 4_000_000_000,
    "max_age_seconds": 604_800,
}
"""What auth answers to a visitor's first change."""


@dataclass
class Platform:
    """A gateway before stand-ins of the four services and of the object store."""

    url: str
    client: httpx.AsyncClient
    auth: StandInService
    catalog: StandInService
    installs: StandInService
    publishing: StandInService
    store: StandInService
    options: Options
    stop: Callable[[], None]
    """What the server calls when it begins to stop."""
