"""Which session or API token a request names: by cookie or as a bearer token."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

from chassis.errors import UnauthenticatedError
from contracts.api_tokens import is_token, means_token
from gateway.errors import SessionAmbiguousError, TokenInQueryError
from gateway.request import ClientRequest

_SESSION = re.compile(r"[A-Za-z0-9_-]{16,128}")
"""Base64url; ours have 43 characters. Nothing else ever becomes part of a Redis key."""

_BEARER = re.compile(rb"(?i:bearer) +([^ ]+) *")


@dataclass(frozen=True, slots=True)
class Credentials:
    """A session or an API token that was named.

    Parameters
    ----------
    session
        The opaque id, or the API token.
    is_bearer
        Sent as a token, which no browser does on its own.
    is_api_token
        It is no session's id.
    """

    session: str
    is_bearer: bool
    is_api_token: bool = False


def cookie_name(*, secure: bool) -> str:
    """Give the name of the session cookie; the prefix binds it to this very host (RFC 6265bis)."""
    return "__Host-sid" if secure else "sid"


def refuse_token_in_query(request: ClientRequest) -> None:
    """Refuse a token at the place that RFC 6750 warns of; nothing in a query ever signs anybody in.

    Raises
    ------
    TokenInQueryError
        There is one.
    """
    if any(name == "access_token" for name, _ in parse_qsl(request.query, keep_blank_values=True)):
        raise TokenInQueryError("the query has a parameter 'access_token'")


def find_credentials(request: ClientRequest, *, cookie: str) -> Credentials | None:
    """Give the session that a request names; a bearer token wins over a cookie.

    A cookie of another form is as good as none: it may be left over from another program on this host.

    Raises
    ------
    UnauthenticatedError
        The Authorization header is not a bearer token of ours, or is an API token with a mistake in it.
    SessionAmbiguousError
        The cookie stands there twice with different values.
    RequestMalformedError
        There are several Authorization headers.
    """
    authorization = request.find_single(b"authorization")
    if authorization is not None:
        match = _BEARER.fullmatch(authorization)
        token = match[1].decode("latin-1") if match else ""
        if not _SESSION.fullmatch(token):
            raise UnauthenticatedError("the Authorization header does not carry a bearer token of this platform")
        if means_token(token) and not is_token(token):
            raise UnauthenticatedError("the API token is not complete: its checksum is wrong")
        return Credentials(token, is_bearer=True, is_api_token=is_token(token))
    values = _cookie_values(request, cookie.encode())
    if len(values) > 1:
        raise SessionAmbiguousError(f"the cookie {cookie!r} stands there with {len(values)} different values")
    for value in values:
        if _SESSION.fullmatch(value):
            return Credentials(value, is_bearer=False)
    return None


def _cookie_values(request: ClientRequest, name: bytes) -> set[str]:
    found = set()
    for key, value in request.headers:
        if key != b"cookie":
            continue
        for pair in value.split(b";"):
            left, _, right = pair.strip().partition(b"=")
            if left == name:
                found.add(right.decode("latin-1"))
    return found


def session_cookie(session: str, *, secure: bool, max_age_seconds: int) -> bytes:
    """Write the Set-Cookie value of a session; as auth writes its own."""
    flags = "; Secure" if secure else ""
    return (
        f"{cookie_name(secure=secure)}={session}; Path=/; Max-Age={max_age_seconds}; HttpOnly; SameSite=Lax{flags}"
    ).encode()
