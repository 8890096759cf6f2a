"""A client's request, read once from the ASGI scope."""

from dataclasses import dataclass

from starlette.types import Message, Receive, Scope

from gateway.address import check_address
from gateway.errors import RequestMalformedError

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
METHODS = SAFE_METHODS | {"POST", "PUT", "PATCH", "DELETE"}

Headers = list[tuple[bytes, bytes]]
"""Header fields in order; names in lower case."""


class BodyReceiver:
    """ASGI's receive, which remembers whether the body has ended."""

    __slots__ = ("_receive", "has_ended")

    def __init__(self, receive: Receive, *, has_body: bool) -> None:
        self._receive = receive
        self.has_ended = not has_body

    async def __call__(self) -> Message:
        """Give the next message."""
        message = await self._receive()
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            self.has_ended = True
        return message


@dataclass(slots=True, kw_only=True)
class ClientRequest:
    """What a client asks for.

    Parameters
    ----------
    method
        In capitals.
    path, query
        As they came, still encoded; the query without its question mark.
    headers
        As they came.
    peer
        Address of whoever opened the connection, empty where unknown.
    receive
        Gives the body.
    """

    method: str
    path: str
    query: str
    headers: Headers
    peer: str
    receive: BodyReceiver

    @property
    def target(self) -> str:
        """Path and query as they are forwarded."""
        return f"{self.path}?{self.query}" if self.query else self.path

    def find(self, name: bytes) -> bytes | None:
        """Give the first value of a header."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    def find_single(self, name: bytes) -> bytes | None:
        """Give the value of a header that may stand once only.

        Raises
        ------
        RequestMalformedError
            It stands more than once.
        """
        values = [value for key, value in self.headers if key == name]
        if len(values) > 1:
            raise RequestMalformedError(f"the header {name.decode('latin-1')!r} stands {len(values)} times")
        return values[0] if values else None


def read_request(scope: Scope, receive: Receive) -> ClientRequest:
    """Read and check a request; see `check_address` for what is refused."""
    path = scope["raw_path"].decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    check_address(path, query)
    client = scope.get("client")
    headers: Headers = scope["headers"]
    return ClientRequest(
        method=scope["method"],
        path=path,
        query=query,
        headers=headers,
        peer=client[0] if client else "",
        receive=BodyReceiver(receive, has_body=has_body(headers)),
    )


def has_body(headers: Headers) -> bool:
    """Say whether a body comes with the request (RFC 9112, section 6)."""
    return any(name == b"transfer-encoding" or (name == b"content-length" and value != b"0") for name, value in headers)
