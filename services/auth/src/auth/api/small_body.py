"""Routes whose bodies are a few fields: what is larger is refused before it is read whole."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from starlette.types import Message

from auth.domain.errors import BodyTooLargeError
from chassis.strict_body import StrictRoute

MAX_BODY_BYTES = 16 * 1024
"""The longest sound request has below 4 KiB even with every letter escaped."""


class SmallBodyRoute(StrictRoute):
    """A strict route that reads `MAX_BODY_BYTES` at most, whatever the length was said to be."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the strict handler."""
        handler = super().get_route_handler()

        async def small(request: Request) -> Response:
            declared = request.headers.get("content-length", "")
            if declared.isdecimal() and int(declared[:20]) > MAX_BODY_BYTES:
                raise _too_large()
            read_bytes = 0

            async def receive() -> Message:
                nonlocal read_bytes
                message = await request.receive()
                read_bytes += len(message.get("body", b""))
                if read_bytes > MAX_BODY_BYTES:
                    raise _too_large()
                return message

            return await handler(Request(request.scope, receive))

        return small


def _too_large() -> BodyTooLargeError:
    return BodyTooLargeError(f"the body has more than {MAX_BODY_BYTES} bytes")
