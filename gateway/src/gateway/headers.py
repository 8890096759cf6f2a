"""Which headers go to a service and which come back."""

from collections.abc import Iterable

from chassis.telemetry import current_traceparent
from contracts.identity import IDENTITY_HEADER, SESSION_HEADER
from gateway.errors import RequestMalformedError
from gateway.request import ClientRequest, Headers

_HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""RFC 9110, section 7.6.1."""

_NEVER_FORWARDED = _HOP_BY_HOP | {
    b"accept-encoding",  # services answer without coding, so that one stored answer serves everybody
    b"authorization",  # the gateway has turned it into an identity
    b"cookie",
    b"content-length",  # set again from what is really sent
    b"expect",  # the server has answered 100 Continue itself
    b"forwarded",
    b"host",
    b"traceparent",
    b"tracestate",
    b"via",
    b"x-csrf-token",
    b"x-http-method",
    b"x-http-method-override",
    b"x-identity",
    b"x-method-override",
    b"x-original-url",
    b"x-real-ip",
    b"x-rewrite-url",
    b"x-session",
}
_NEVER_FORWARDED_PREFIXES = (b"x-internal-", b"x-forwarded-", b"x-accel-", b"x-identity-", b"x-user-")

_NEVER_RETURNED = _HOP_BY_HOP | {b"date", b"server", b"x-cache", b"x-content-type-options", b"x-identity", b"x-session"}
"""What is internal, and what the gateway or its server states itself."""

_NEVER_RETURNED_PREFIXES = (b"x-internal-", b"x-accel-")

_MAX_TRACESTATE_BYTES = 512
"""What W3C Trace Context asks everybody to carry; longer ones are dropped."""

UpstreamHeaders = list[tuple[str, str]]


class RequestHeaders:
    """Writes the headers of upstream requests.

    Parameters
    ----------
    secure
        Whether clients come by https.
    trusted_proxy_hops
        How many proxies of ours wrote into X-Forwarded-For before the gateway.
    """

    def __init__(self, *, secure: bool, trusted_proxy_hops: int) -> None:
        self._scheme = "https" if secure else "http"
        self._hops = trusted_proxy_hops

    def for_everybody(self, request: ClientRequest) -> UpstreamHeaders:
        """Give the headers of a request whose answer is shared: none by which a client could shape the answer."""
        return [("accept", "*/*"), *self._own(request)]

    def for_caller(self, request: ClientRequest, *, identity: str | None, session: str | None) -> UpstreamHeaders:
        """Give the client's own headers without those that only the gateway may set.

        Parameters
        ----------
        request
            The client's request.
        identity
            Signed token of the caller.
        session
            Raw session id; for auth only.

        Raises
        ------
        RequestMalformedError
            A header's value is not UTF-8.
        """
        named = _named_by_connection(request.headers)
        passed = [
            (_text(name), _text(value)) for name, value in request.headers if name not in named and not _is_ours(name)
        ]
        passed += [("x-forwarded-for", self.client_address(request)), *self._own(request)]
        if identity is not None:
            passed.append((IDENTITY_HEADER, identity))
        if session is not None:
            passed.append((SESSION_HEADER, session))
        return passed

    def client_address(self, request: ClientRequest) -> str:
        """Give the client's address; what it claims itself counts only where our own proxy wrote it."""
        if self._hops:
            claimed = b",".join(value for name, value in request.headers if name == b"x-forwarded-for")
            addresses = [part.strip() for part in claimed.decode("latin-1").split(",") if part.strip()]
            if len(addresses) >= self._hops:
                return addresses[-self._hops]
        return request.peer

    def _own(self, request: ClientRequest) -> UpstreamHeaders:
        own = [
            ("accept-encoding", "identity"),
            ("x-forwarded-proto", self._scheme),
            ("traceparent", current_traceparent() or ""),
        ]
        tracestate = request.find(b"tracestate")
        if tracestate is not None and len(tracestate) <= _MAX_TRACESTATE_BYTES and tracestate.isascii():
            own.append(("tracestate", tracestate.decode("ascii")))
        return own


def response_headers(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Give what a client may see of a service's headers; names in lower case."""
    fields = [(name.lower(), value) for name, value in headers]
    named = _named_by_connection(fields)
    return [
        (name, value)
        for name, value in fields
        if name not in _NEVER_RETURNED and name not in named and not name.startswith(_NEVER_RETURNED_PREFIXES)
    ]


def find_header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    """Give a header's values, joined as a list; None where it does not stand at all."""
    values = [value for key, value in headers if key == name]
    return b", ".join(values) if values else None


def without(headers: Iterable[tuple[bytes, bytes]], *names: bytes) -> Headers:
    """Give the headers without some."""
    return [(name, value) for name, value in headers if name not in names]


def _named_by_connection(headers: Iterable[tuple[bytes, bytes]]) -> frozenset[bytes]:
    connection = [value for name, value in headers if name == b"connection"]
    if not connection:
        return frozenset()
    return frozenset(part.strip() for part in b",".join(connection).lower().split(b","))


def _is_ours(name: bytes) -> bool:
    """Say whether a client's header is not to reach a service: servers may take ``x_identity`` for ``x-identity``."""
    spelled = name.replace(b"_", b"-")
    return spelled in _NEVER_FORWARDED or spelled.startswith(_NEVER_FORWARDED_PREFIXES)


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestMalformedError("a header's value is not UTF-8") from error
