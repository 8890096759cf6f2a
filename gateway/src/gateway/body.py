"""The body of a client's request: bounded, never held as a whole, and never waited for without end."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

from starlette.types import Receive

from chassis.errors import PlatformError
from gateway.errors import RequestMalformedError, RequestTimedOutError
from gateway.request import BodyReceiver, ClientRequest
from gateway.routes import Route

IDLE_SECONDS = 20.0
"""A body that gives nothing for this long is given up."""

SLOWEST_BYTES_PER_SECOND = 1_024
"""Once `IDLE_SECONDS` are over, a body has to come this fast on average; slower ones only hold a connection."""

BODILESS_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

LINGER_BYTES = 32 * 1024 * 1024
LINGER_SECONDS = 5.0
"""What is read and thrown away after a refusal, so that the client gets to see the answer (RFC 9112, 9.6)."""


class ClientGoneError(Exception):
    """The client closed the connection; there is nobody to answer."""


class BodyStream:
    """The rest of a body, in pieces as they arrive.

    Parameters
    ----------
    first
        The piece that has arrived.
    receive
        Gives the others.
    count
        Told the size of each piece; raises when the body grows too large.
    content_length
        As the client stated it, None where it sends in chunks.
    """

    def __init__(
        self, first: bytes, *, receive: Receive, count: Callable[[int], None], content_length: int | None
    ) -> None:
        self._first = first
        self._receive = receive
        self._count = count
        self.content_length = content_length
        self.error: PlatformError | ClientGoneError | None = None
        self.on_piece: Callable[[], None] = lambda: None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Give the pieces; what went wrong stays in `error`, since the HTTP client wraps what is raised here."""
        try:
            yield self._first
            more = True
            while more:
                piece, more = await receive_piece(self._receive)
                self._count(len(piece))
                self.on_piece()
                if piece:
                    yield piece
        except (PlatformError, ClientGoneError) as error:
            self.error = error
            raise


Body = bytes | BodyStream | None
"""A whole small body, a larger one as it comes, or none."""


async def receive_piece(receive: Receive) -> tuple[bytes, bool]:
    """Give the next piece of a body and whether more follows.

    Raises
    ------
    ClientGoneError
        The connection is closed.
    RequestTimedOutError
        Nothing came for `IDLE_SECONDS`.
    """
    try:
        async with asyncio.timeout(IDLE_SECONDS):
            message = await receive()
    except TimeoutError as error:
        raise RequestTimedOutError(f"no part of the body came for {IDLE_SECONDS:.0f} seconds") from error
    if message["type"] == "http.disconnect":
        raise ClientGoneError
    return message.get("body", b""), message.get("more_body", False)


async def open_body(request: ClientRequest, route: Route) -> Body:
    """Give the request's body, bounded by the route's limit.

    Raises
    ------
    BodyTooLargeError
        The stated or real length is above the limit.
    """
    if request.method in BODILESS_METHODS:
        return None
    length = _content_length(request)
    if length is None and request.find(b"transfer-encoding") is None:
        return None
    received = 0
    began_at = time.monotonic()

    def count(size: int) -> None:
        nonlocal received
        received += size
        if time.monotonic() - began_at > IDLE_SECONDS + received / SLOWEST_BYTES_PER_SECOND:
            raise RequestTimedOutError(f"the body came more slowly than {SLOWEST_BYTES_PER_SECOND} bytes a second")
        if received > route.body_limit_bytes:
            raise route.too_large(f"the body is larger than {route.body_limit_bytes} bytes, the limit of this address")

    if length is not None and length > route.body_limit_bytes:
        count(length)
    first, more = await receive_piece(request.receive)
    count(len(first))
    if not more:
        return first
    return BodyStream(first, receive=request.receive, count=count, content_length=length)


def _content_length(request: ClientRequest) -> int | None:
    stated = request.find_single(b"content-length")
    if stated is None:
        return None
    if not stated.isdigit():
        raise RequestMalformedError("Content-Length is not a number")
    return int(stated)


async def linger(receive: BodyReceiver) -> None:
    """Read on and throw away, so that a client that is still sending reads the refusal instead of a reset."""
    size = 0
    try:
        async with asyncio.timeout(LINGER_SECONDS):
            while not receive.has_ended and size < LINGER_BYTES:
                size += len((await receive()).get("body", b""))
    except TimeoutError:
        return
