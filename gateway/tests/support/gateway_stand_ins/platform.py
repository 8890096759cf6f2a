"""A gateway with stand-ins behind it."""

from __future__ import annotations

from dataclasses import dataclass

import httpx
from gateway.options import Options
from gateway_stand_ins.service import StandInService

INTERNAL_TOKEN = "the-internal-token"


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
