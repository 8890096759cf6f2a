"""Streaming parser of one multipart form (RFC 7578): each part goes straight to its receiver.

Nothing is collected here, and the first fault ends the reading. Names of parts count, names of files do not.
"""

from collections.abc import AsyncIterator, Callable
from typing import Protocol

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from publishing.domain.errors import MultipartInvalidError, UnsupportedUploadError

MAX_HEADERS_PER_PART = 8
MAX_HEADER_BYTES = 1024


class PartReceiver(Protocol):
    """Takes one part of the form; each method may refuse by raising."""

    def write(self, content: bytes) -> None:
        """Take the next bytes."""

    def finish(self) -> None:
        """Note that the part is complete."""


OpenPart = Callable[[str], PartReceiver]
"""Gives the receiver of the part of this name, or refuses it."""


def boundary_of(content_type: str | None, content_encoding: str | None) -> bytes:
    """Read the boundary from a request's headers.

    Raises
    ------
    UnsupportedUploadError
        The body is of another type, or compressed.
    MultipartInvalidError
        There is no boundary.
    """
    if content_encoding not in {None, "", "identity"}:
        raise UnsupportedUploadError(f"the Content-Encoding {content_encoding!r} is not read here")
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data":
        raise UnsupportedUploadError("the body is not 'multipart/form-data'")
    boundary = options.get(b"boundary")
    if not boundary:
        raise MultipartInvalidError("the Content-Type names no boundary")
    return boundary


async def read_form(chunks: AsyncIterator[bytes], *, boundary: bytes, open_part: OpenPart) -> None:
    """Feed every part of a form to its receiver.

    Parameters
    ----------
    chunks
        The body as it comes in.
    boundary
        From `boundary_of`.
    open_part
        Called once for each part, when its name is known.

    Raises
    ------
    MultipartInvalidError
        The form is malformed or ends too early. Whatever a receiver raises comes through.
    """
    reader = _FormReader(open_part)
    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": reader.on_part_begin,
                "on_header_field": reader.on_header_field,
                "on_header_value": reader.on_header_value,
                "on_header_end": reader.on_header_end,
                "on_headers_finished": reader.on_headers_finished,
                "on_part_data": reader.on_part_data,
                "on_part_end": reader.on_part_end,
                "on_end": reader.on_end,
            },
            max_header_count=MAX_HEADERS_PER_PART,
            max_header_size=MAX_HEADER_BYTES,
        )
        async for chunk in chunks:
            if chunk:
                parser.write(chunk)
    except FormParserError as error:
        raise MultipartInvalidError(f"the form is malformed: {error}") from error
    if not reader.complete:
        raise MultipartInvalidError("the form ends before its closing boundary")


class _FormReader:
    """Keeps the state between the parser's calls."""

    def __init__(self, open_part: OpenPart) -> None:
        self._open_part = open_part
        self._receiver: PartReceiver | None = None
        self._header = b""
        self._value = b""
        self._disposition: bytes | None = None
        self.complete = False

    def on_part_begin(self) -> None:
        self._receiver, self._disposition = None, None

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def on_header_end(self) -> None:
        name = self._header.lower()
        if name == b"content-disposition":
            if self._disposition is not None:
                raise MultipartInvalidError("a part has two Content-Disposition headers")
            self._disposition = self._value
        elif name == b"content-transfer-encoding" and self._value.strip().lower() not in {b"binary", b"8bit", b"7bit"}:
            raise MultipartInvalidError("a part has a Content-Transfer-Encoding; send its bytes as they are")
        self._header = self._value = b""

    def on_headers_finished(self) -> None:
        kind, options = parse_options_header(self._disposition)
        name = options.get(b"name")
        if kind != b"form-data" or name is None:
            raise MultipartInvalidError("a part has no name")
        self._receiver = self._open_part(name.decode("utf-8", "replace"))

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._receiver is not None:
            self._receiver.write(data[start:end])

    def on_part_end(self) -> None:
        if self._receiver is not None:
            self._receiver.finish()

    def on_end(self) -> None:
        self.complete = True
