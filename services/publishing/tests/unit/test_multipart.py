from collections.abc import AsyncIterator

import pytest

from publishing.api.multipart import PartReceiver, boundary_of, read_form
from publishing.domain.errors import MultipartInvalidError, UnsupportedUploadError

FORM = (
    b'--b\r\nContent-Disposition: form-data; name="one"; filename="../../etc/passwd"\r\nContent-Type: text/plain\r\n'
    b"\r\nfirst\r\n--almost\r\n--b\r\ncontent-disposition: form-data; name=two\r\n\r\n\r\n--b--\r\n"
)


class Receiver:
    def __init__(self) -> None:
        self.content = b""
        self.finished = False

    def write(self, content: bytes) -> None:
        self.content += content

    def finish(self) -> None:
        self.finished = True


async def parts_of(form: bytes, *, step: int = 1_000_000) -> dict[str, bytes]:
    receivers: dict[str, Receiver] = {}

    def open_part(name: str) -> PartReceiver:
        receivers[name] = Receiver()
        return receivers[name]

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(form), step):
            yield form[start : start + step]

    await read_form(chunks(), boundary=b"b", open_part=open_part)
    assert all(receiver.finished for receiver in receivers.values())
    return {name: receiver.content for name, receiver in receivers.items()}


@pytest.mark.parametrize("step", [1, 2, 3, 7, 64, 1_000])
async def test_a_form_is_read_alike_however_it_is_cut(step: int) -> None:
    assert await parts_of(FORM, step=step) == {"one": b"first\r\n--almost", "two": b""}


@pytest.mark.parametrize("length", range(0, len(FORM) - 2, 5))
async def test_a_form_that_ends_too_early_is_refused(length: int) -> None:
    with pytest.raises(MultipartInvalidError):
        await parts_of(FORM[:length])


@pytest.mark.parametrize(
    "form",
    [
        b"",
        b"garbage",
        b"--c\r\n",
        b"--b\r\n\r\nx\r\n--b--\r\n",
        b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n",
        b'--b\r\nContent-Disposition: attachment; name="one"\r\n\r\nx\r\n--b--\r\n',
        b'--b\r\nContent-Disposition: form-data; name="1"\r\nContent-Disposition: form-data; name="2"\r\n\r\n\r\n--b--',
        b'--b\r\nContent-Disposition: form-data; name="one"\r\nContent-Transfer-Encoding: base64\r\n\r\nx\r\n--b--\r\n',
        b"--b\r\n" + b"A: b\r\n" * 20 + b"\r\nx\r\n--b--\r\n",
        b"--b\r\nA: " + b"x" * 5_000 + b"\r\n\r\nx\r\n--b--\r\n",
        b"--b\r\nBad Header: x\r\n\r\nx\r\n--b--\r\n",
    ],
)
async def test_a_malformed_form_is_refused(form: bytes) -> None:
    with pytest.raises(MultipartInvalidError):
        await parts_of(form)


@pytest.mark.parametrize(
    ("content_type", "content_encoding", "error"),
    [
        (None, None, UnsupportedUploadError),
        ("application/json", None, UnsupportedUploadError),
        ("multipart/mixed; boundary=b", None, UnsupportedUploadError),
        ("multipart/form-data; boundary=b", "gzip", UnsupportedUploadError),
        ("multipart/form-data", None, MultipartInvalidError),
        ("multipart/form-data; boundary=", None, MultipartInvalidError),
    ],
)
def test_other_types_of_body_are_refused(
    content_type: str | None, content_encoding: str | None, error: type[Exception]
) -> None:
    with pytest.raises(error):
        boundary_of(content_type, content_encoding)


async def test_a_boundary_longer_than_any_standard_allows_is_refused() -> None:
    async def nothing() -> AsyncIterator[bytes]:
        yield b"--"

    with pytest.raises(MultipartInvalidError):
        await read_form(nothing(), boundary=b"x" * 5_000, open_part=lambda _: Receiver())
