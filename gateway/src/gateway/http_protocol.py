"""uvicorn's HTTP protocol with limits on the head of a request, and problem documents for what cannot be parsed."""

import asyncio
import re
from typing import Any

from prometheus_client import Counter
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from chassis.errors import PlatformError
from chassis.problems import problem_response
from gateway.errors import AddressTooLongError, HeadersTooLargeError, RequestMalformedError

MAX_HEAD_BYTES = 32_768
MAX_HEADERS = 100
MAX_TARGET_BYTES = 16_384
"""Of the request line; `gateway.address` has the finer limits."""

_VERSIONS = frozenset({"1.0", "1.1"})
_HOST = re.compile(rb"(?:[A-Za-z0-9._~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?")
"""RFC 3986 host and port."""

MALFORMED = Counter("http_malformed_requests_total", "Requests refused before they were read whole", ("code",))

HEAD_SECONDS = 15.0
"""A head that takes longer comes from somebody who wants to hold the connection (slowloris)."""


class GatewayProtocol(HttpToolsProtocol):
    """Refuses endless, slow and malformed heads before an application sees them.

    The parser itself (llhttp, strict) refuses what makes two servers disagree about where a request ends: repeated or
    malformed Content-Length, Content-Length beside Transfer-Encoding, folded headers, blanks before the colon.
    """

    _deadline: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _refusal: PlatformError | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to count the time of the first head."""
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop counting."""
        self._stop_deadline()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Begin to count the size and the time of a head."""
        super().on_message_begin()
        self._head_bytes = 0
        if self._deadline is None:
            self._expect_head()

    def on_url(self, url: bytes) -> None:
        """Take a part of the target."""
        super().on_url(url)
        if len(self.url) > MAX_TARGET_BYTES:
            self._refuse(AddressTooLongError("the request's address is too long"))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        self._head_bytes += len(name) + len(value) + 4
        if self._head_bytes > MAX_HEAD_BYTES or len(self.headers) >= MAX_HEADERS:
            self._refuse(HeadersTooLargeError(f"the headers exceed {MAX_HEAD_BYTES} bytes or {MAX_HEADERS} in number"))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Check the head as a whole and start the application."""
        self._stop_deadline()
        if self.parser.get_http_version() not in _VERSIONS:
            self._refuse(RequestMalformedError("the request is not of HTTP/1.0 or HTTP/1.1"))
        if not self.url.startswith(b"/"):
            self._refuse(RequestMalformedError("the request's target is not a path on this host"))
        self._check_host()
        super().on_headers_complete()

    def _check_host(self) -> None:
        """Refuse what RFC 9112, section 3.2, tells servers to refuse."""
        hosts = [value for name, value in self.headers if name == b"host"]
        if len(hosts) > 1 or (not hosts and self.parser.get_http_version() == "1.1"):
            self._refuse(RequestMalformedError("there is not exactly one Host header"))
        if hosts and not _HOST.fullmatch(hosts[0]):
            self._refuse(RequestMalformedError("the Host header is not a host and port"))

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - the parser's own words help nobody outside
        """Answer what could not be parsed."""
        refusal = self._refusal or RequestMalformedError("the request does not follow HTTP/1.1 (RFC 9112)")
        MALFORMED.labels(refusal.code).inc()
        problem = problem_response(refusal, instance="/")
        fields: list[Any] = [*problem.raw_headers, (b"x-content-type-options", b"nosniff"), (b"connection", b"close")]
        head = b"".join(name + b": " + value + b"\r\n" for name, value in fields)
        self.transport.write(STATUS_LINE[problem.status_code] + head + b"\r\n" + bytes(problem.body))
        self.transport.close()

    def _refuse(self, refusal: PlatformError) -> None:
        self._refusal = refusal
        raise refusal  # the parser stops and reports a callback error, which ends in `send_400_response`

    def _expect_head(self) -> None:
        self._deadline = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _stop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.transport.close()
