"""Answers to the client: the headers that all of them carry, whole bodies and streams."""

import asyncio

import structlog
from starlette.types import Receive, Send

from gateway.headers import without
from gateway.request import Headers
from gateway.upstream_answer import FAULTS, UpstreamAnswer

SEND_IDLE_SECONDS = 60.0
"""A client that reads nothing for this long is given up: it holds an upstream's connection."""

WHOLE_BYTES = 65_536
"""Answers up to this length are read before they are sent: one write instead of several, and errors in time."""

WATCHED_BYTES = 262_144
"""Longer answers are stopped when the client leaves; shorter ones are sent before that could be noticed."""

_EVERYWHERE: Headers = [(b"x-content-type-options", b"nosniff")]
_BODILESS = frozenset({204, 304})

_log = structlog.get_logger()


class Responder:
    """Sends one answer.

    Parameters
    ----------
    send, receive
        Of ASGI.
    method
        HEAD gets no body.
    """

    def __init__(self, *, send: Send, receive: Receive, method: str) -> None:
        self._send = send
        self._receive = receive
        self._is_head = method == "HEAD"
        self.status = 0
        self.extra_headers: Headers = []
        self.states_length = False

    @property
    def has_started(self) -> bool:
        """Whether the status has gone out."""
        return self.status != 0

    async def start(self, status: int, headers: Headers) -> None:
        """Send status and headers."""
        self.status = status
        self.states_length = any(name == b"content-length" for name, _ in headers)
        if status in _BODILESS:
            headers = [(name, value) for name, value in headers if name != b"content-length"]
        await self._send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [*headers, *_EVERYWHERE, *self.extra_headers],
            }
        )

    async def piece(self, body: bytes, *, more: bool) -> None:
        """Send a piece of the body."""
        await self._send({"type": "http.response.body", "body": body, "more_body": more})

    async def whole(self, status: int, headers: Headers, body: bytes) -> None:
        """Send an answer whose body is at hand; its length is stated here."""
        length = (b"content-length", str(len(body)).encode())
        await self.start(status, [*headers, length])
        await self.piece(b"" if self._is_head or status in _BODILESS else body, more=False)

    async def pass_on(self, answer: UpstreamAnswer) -> None:
        """Send an upstream's answer: whole where it is short, as it comes where not.

        Raises
        ------
        ServiceUnavailableError
            The upstream broke off before anything was sent.
        """
        if not self._is_head and answer.content_length is not None and await answer.read_up_to(WHOLE_BYTES):
            await self.whole(answer.status, without(answer.headers, b"content-length"), answer.body)
        else:
            await self.stream(answer)

    async def stream(self, answer: UpstreamAnswer) -> None:
        """Pass an upstream's answer on as it comes, and close it.

        An upstream that breaks off in the middle leaves the answer incomplete, which closes the connection: the client
        sees that something is missing.
        """
        try:
            await self.start(answer.status, answer.headers)
            if self._is_head or answer.status in _BODILESS:
                await self.piece(b"", more=False)
                return
            if await self._send_pieces(answer):
                await self.piece(b"", more=False)
        except FAULTS as error:
            _log.warning("answer_broken_off", cause=repr(error)[:300])
        finally:
            answer.close()

    async def _send_pieces(self, answer: UpstreamAnswer) -> bool:
        """Send the pieces; False where the client has left."""
        watcher = asyncio.create_task(self._wait_for_end()) if self._is_long(answer) else None
        try:
            async for piece in answer.pieces():
                if watcher is not None and watcher.done():
                    return False
                async with asyncio.timeout(SEND_IDLE_SECONDS):
                    await self.piece(piece, more=True)
        finally:
            if watcher is not None:
                watcher.cancel()
        return True

    def _is_long(self, answer: UpstreamAnswer) -> bool:
        length = answer.content_length
        return length is None or length > WATCHED_BYTES

    async def _wait_for_end(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
