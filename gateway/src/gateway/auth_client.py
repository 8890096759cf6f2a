"""What the gateway asks of auth: the identity of a session, of an API token, and of a new visitor."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import structlog

from chassis.errors import ServiceUnavailableError, UnauthenticatedError
from chassis.telemetry import current_traceparent
from contracts.identity import INTERNAL_TOKEN_HEADER
from gateway.errors import RateLimitedError, TokenSourceRefusedError
from gateway.headers import find_header
from gateway.request import Headers
from gateway.upstreams import Upstream

_TIMEOUT_SECONDS = 3.0
_MAX_ANSWER_BYTES = 16_384
_MAX_ADDRESS_LENGTH = 100

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Token:
    """An identity token, the second (since the epoch) at which it expires, and how long its session lives on."""

    identity: str
    expires_at: float
    session_lives_seconds: int


@dataclass(frozen=True, slots=True)
class ApiIdentity:
    """The identity of an API token, and the second (since the epoch) at which it expires."""

    identity: str
    expires_at: float


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

    async def exchange(self, token: str, *, address: str) -> ApiIdentity:
        """Give the identity of an API token that is used from a network address. Safe to repeat.

        Raises
        ------
        UnauthenticatedError
            There is no such token.
        TokenSourceRefusedError
            It is not for use from this address.
        RateLimitedError
            There is no such token, and too many others were tried from this network.
        ServiceUnavailableError
            auth does not answer.
        """
        content = {"token": token, "address": address[:_MAX_ADDRESS_LENGTH]}
        status, headers, answer = await self._ask("/internal/tokens/exchange", content)
        with self._understanding():
            if status == HTTPStatus.OK:
                return ApiIdentity(str(answer["identity"]), float(answer["expires_at"]))
            code = answer["code"]
            retry_after_seconds = int(find_header(headers, b"retry-after") or 1)
        if status == HTTPStatus.UNAUTHORIZED:
            raise UnauthenticatedError("the API token is unknown, expired or revoked")
        if code == TokenSourceRefusedError.code:
            raise TokenSourceRefusedError("the API token is not for use from this network address")
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            raise RateLimitedError(
                "too many unknown API tokens came from this network", retry_after_seconds=retry_after_seconds
            )
        raise ServiceUnavailableError(self._upstream.name)

    @contextmanager
    def _understanding(self) -> Iterator[None]:
        """Take an answer of another form for no answer."""
        try:
            yield
        except (ValueError, TypeError, KeyError) as error:
            _log.exception("auth_not_understood")
            raise ServiceUnavailableError(self._upstream.name) from error

    async def _call(self, path: str, content: dict[str, str]) -> dict[str, Any] | None:
        status, _, answer = await self._ask(path, content)
        if status == HTTPStatus.UNAUTHORIZED:
            return None
        if status != HTTPStatus.OK:
            raise ServiceUnavailableError(self._upstream.name)
        return answer

    async def _ask(self, path: str, content: dict[str, str]) -> tuple[int, Headers, dict[str, Any]]:
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
        if not whole:
            raise ServiceUnavailableError(self._upstream.name)
        with self._understanding():
            parsed: dict[str, Any] = json.loads(answer.body)
            return answer.status, answer.headers, parsed
