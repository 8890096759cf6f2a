"""The public keys of trusted issuers, fetched when they are needed and kept for a while."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import structlog

from chassis.errors import ServiceUnavailableError
from publishing.clients.outbound import Outbound
from publishing.domain.trusted_publishing import TrustedIssuer

FRESH_SECONDS = 3_600.0
"""Keys are fetched anew after this, so that one that the issuer has withdrawn is taken no longer."""

KEPT_SECONDS = 24 * 3_600.0
"""How long keys are good while the issuer does not answer."""

PAUSE_SECONDS = 60.0
"""Between two attempts at one issuer, whatever key is asked for."""

_log = structlog.get_logger()


@dataclass
class _Known:
    keys: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    fetched_at: float | None = None
    tried_at: float | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class IssuerKeys:
    """Finds keys.

    Parameters
    ----------
    outbound
        Sends the requests.
    monotonic
        Source of the present, in seconds.
    """

    def __init__(self, *, outbound: Outbound, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._outbound = outbound
        self._monotonic = monotonic
        self._known: dict[str, _Known] = {}

    async def find(self, issuer: TrustedIssuer, key_id: str) -> Mapping[str, Any] | None:
        """Give a key (JWK) of an issuer; None where it has none of this id.

        Raises
        ------
        ServiceUnavailableError
            The issuer's keys are not known; a retry is safe.
        """
        known = self._known.setdefault(issuer.name, _Known())
        async with known.lock:
            if self._needs_fetch(known, key_id):
                await self._fetch(issuer, known)
        if known.fetched_at is None or self._monotonic() - known.fetched_at > KEPT_SECONDS:
            raise ServiceUnavailableError(f"the issuer {issuer.name!r}", retry_after_seconds=int(PAUSE_SECONDS))
        return known.keys.get(key_id)

    def _needs_fetch(self, known: _Known, key_id: str) -> bool:
        now = self._monotonic()
        if known.tried_at is not None and now - known.tried_at < PAUSE_SECONDS:
            return False
        return known.fetched_at is None or key_id not in known.keys or now - known.fetched_at > FRESH_SECONDS

    async def _fetch(self, issuer: TrustedIssuer, known: _Known) -> None:
        known.tried_at = self._monotonic()
        try:
            status, body = await self._outbound.request(
                "GET", issuer.jwks_url, name=f"the issuer {issuer.name!r}", headers={"accept": "application/json"}
            )
            known.keys = _read_keys(status, body)
            known.fetched_at = self._monotonic()
        except (ServiceUnavailableError, ValueError, TypeError, KeyError, AttributeError) as error:
            _log.warning("issuer_keys_not_fetched", issuer=issuer.name, error=repr(error)[:200])


def _read_keys(status: int, body: bytes) -> dict[str, Mapping[str, Any]]:
    if status != HTTPStatus.OK:
        raise ValueError(f"status {status}")
    keys = json.loads(body)["keys"]
    return {key["kid"]: key for key in keys if isinstance(key.get("kid"), str)}
