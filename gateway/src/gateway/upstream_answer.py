"""An answer of an upstream, read whole or in pieces; hides the HTTP client."""

import asyncio
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus

import aiohttp

from chassis.errors import ServiceUnavailableError
from gateway.headers import find_header, response_headers
from gateway.request import Headers

FAULTS = (aiohttp.ClientError, TimeoutError, OSError)
"""What says that an upstream is away, or broke off."""

PIECE_BYTES = 65_536
"""As much as the server buffers before it waits for the client: larger pieces would pile up behind slow readers."""

PIECE_IDLE_SECONDS = 30.0
"""An answer that stops in the middle for this long is given up."""


class UpstreamAnswer:
    """Status and headers of an upstream's answer, and its body as it comes.

    Parameters
    ----------
    upstream
        Name of whoever answered.
    response
        The client's response, None for an answer without body.
    status, headers
        May be replaced before the answer goes on; the headers are those that a client may see.
    internal_redirect
        Where the service leaves the body to the object store.
    on_close
        Called once, when nothing more is read.
    """

    __slots__ = ("_buffer", "_on_close", "_response", "_upstream", "headers", "internal_redirect", "status")

    def __init__(
        self,
        *,
        upstream: str,
        response: aiohttp.ClientResponse | None,
        status: int,
        headers: Headers,
        internal_redirect: str | None = None,
        on_close: Callable[[], None] | None = None,
    ) -> None:
        self._upstream = upstream
        self._response = response
        self._on_close = on_close
        self._buffer = b""
        self.status = status
        self.headers = headers
        self.internal_redirect = internal_redirect

    @classmethod
    def of(cls, response: aiohttp.ClientResponse, *, upstream: str, on_close: Callable[[], None]) -> "UpstreamAnswer":
        """Wrap what the client gave."""
        redirect = _redirect(response)
        return cls(
            upstream=upstream,
            response=response,
            status=response.status,
            headers=response_headers(response.raw_headers),
            internal_redirect=redirect.decode("latin-1") if redirect else None,
            on_close=on_close,
        )

    @property
    def is_bare_fault(self) -> bool:
        """Whether the server failed without a problem document, as it does when it crashes."""
        media_type = find_header(self.headers, b"content-type") or b""
        return self.status >= HTTPStatus.INTERNAL_SERVER_ERROR and not media_type.startswith(b"application/problem+")

    @property
    def content_length(self) -> int | None:
        """Bytes of the body as stated; None where it is not."""
        value = find_header(self.headers, b"content-length")
        return int(value) if value is not None and value.isdigit() else None

    @property
    def body(self) -> bytes:
        """What `read_up_to` has read."""
        return self._buffer

    async def read_up_to(self, limit_bytes: int) -> bool:
        """Read the body, if it is no longer than the limit, and close the answer.

        Returns
        -------
        bool
            False where it is longer; what was read so far is the first of `pieces`.

        Raises
        ------
        ServiceUnavailableError
            The upstream broke off; a retry is as safe as the request was.
        """
        if self._response is None:
            return True
        length = self.content_length
        if length is not None and length > limit_bytes:
            return False
        try:
            if length is not None and self._response.content.is_eof():  # all of it came with the headers
                self._buffer = self._response.content.read_nowait()
            else:
                while piece := await self._next_piece():
                    self._buffer += piece
                    if len(self._buffer) > limit_bytes:
                        return False
        except FAULTS as error:
            self.close()
            raise ServiceUnavailableError(self._upstream) from error
        self.close()
        return True

    async def pieces(self) -> AsyncIterator[bytes]:
        """Give the body in pieces, whatever was read before first.

        Raises
        ------
        aiohttp.ClientError, TimeoutError, OSError
            The upstream broke off in the middle.
        """
        if self._buffer:
            yield self._buffer
        while piece := await self._next_piece():
            yield piece

    async def _next_piece(self) -> bytes:
        if self._response is None:
            return b""
        async with asyncio.timeout(PIECE_IDLE_SECONDS):
            return await self._response.content.read(PIECE_BYTES)

    def close(self) -> None:
        """Read nothing more; the connection is kept only if the body has ended. May be called twice."""
        if self._response is not None:
            self._response.release()
        if self._on_close is not None:
            self._on_close()
            self._on_close = None


def _redirect(response: aiohttp.ClientResponse) -> bytes | None:
    for name, value in response.raw_headers:
        if name.lower() == b"x-accel-redirect":
            return value
    return None
