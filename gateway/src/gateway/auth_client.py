"""What the gateway asks of auth: renewing a session's token, and an identity for a new visitor."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import structlog

from chassis.errors import ServiceUnavailableError
from chassis.telemetry import current_traceparent
from contracts.identity import INTERNAL_TOKEN_HEADER
from gateway.upstreams import Upstream

_TIMEOUT_SECONDS = 3.0
_MAX_ANSWER_BYTES = 16_384

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Token:
    """An identity token, the second (since the epoch) at which it expires, and how long its session lives on."""

    identity: str
    expires_at: float
    session_lives_seconds: int


@dataclass(frozen=True, slots=True)
class AnonymousSession:
    """A session that auth has just begun for a visitor."""

    session: str
    identity: str
    max_age_seconds: int


class AuthClient:
    """Calls auth's internal addresses.

    Parameters
    ----------
    upstream
        auth.
    internal_token
        The secret that auth asks for.
    """

    def __init__(self, *, upstream: Upstream, internal_token: str) -> None:
        self._upstream = upstream
        self._token = internal_token

    async def renew(self, session: str) -> Token | None:
        """Give a fresh token of a session; None where the session has ended. Safe to repeat.

        Raises
        ------
        ServiceUnavailableError
            auth does not answer.
        """
        answer = await self._call("/internal/sessions/renew", {"session": session})
        if answer is None:
            return None
        with self._understanding():
            return Token(str(answer["identity"]), float(answer["expires_at"]), int(answer["max_age_seconds"]))

    async def begin_anonymous(self) -> AnonymousSession:
        """Begin a session for a visitor; a repetition begins another one.

        Raises
        ------
        ServiceUnavailableError
            auth does not answer.
        """
        answer = await self._call("/internal/anonymous", {})
        if answer is None:
            raise ServiceUnavailableError(self._upstream.name)
        with self._understanding():
            return AnonymousSession(
                session=str(answer["session"]),
                identity=str(answer["identity"]),
                max_age_seconds=int(answer["max_age_seconds"]),
            )

    @contextmanager
    def _understanding(self) -> Iterator[None]:
        """Take an answer of another form for no answer."""
        try:
            yield
        except (ValueError, TypeError, KeyError) as error:
            _log.exception("auth_not_understood")
            raise ServiceUnavailableError(self._upstream.name) from error

    async def _call(self, path: str, content: dict[str, str]) -> dict[str, Any] | None:
        answer = await self._upstream.open(
            "POST",
            path,
            headers=[
                ("content-type", "application/json"),
                ("accept", "application/json"),
                (INTERNAL_TOKEN_HEADER, self._token),
                ("traceparent", current_traceparent() or ""),
            ],
            timeout_seconds=_TIMEOUT_SECONDS,
            body=json.dumps(content).encode(),
        )
        try:
            whole = await answer.read_up_to(_MAX_ANSWER_BYTES)
        finally:
            answer.close()
        if answer.status == HTTPStatus.UNAUTHORIZED:
            return None
        if not whole or answer.status != HTTPStatus.OK:
            raise ServiceUnavailableError(self._upstream.name)
        with self._understanding():
            parsed: dict[str, Any] = json.loads(answer.body)
            return parsed
