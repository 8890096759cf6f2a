"""The form of a version: which parts it has, how large they may be, and what is checked while they come in."""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, BinaryIO, Self, cast

from fastapi import Request
from starlette.requests import ClientDisconnect

from chassis.errors import FieldError, PlatformError, RequestInvalidError
from contracts.jsontext import StrictJsonError, parse_strict
from contracts.manifest import check_manifest
from contracts.schema_check import Violation
from publishing.api.multipart import PartReceiver, boundary_of, read_form
from publishing.domain.errors import (
    BundleTooLargeError,
    ManifestInvalidError,
    ManifestTooLargeError,
    MultipartInvalidError,
    SourceMapTooLargeError,
)
from publishing.domain.submissions import ReceivedFile, SubmissionContent
from publishing.usecases.uploads import Upload

MAX_CHANGELOG_BYTES = 64 * 1024
SPOOL_BYTES = 128 * 1024
"""So much of a file stays in memory; the rest goes to disk as it comes in."""

SILENCE_SECONDS = 30.0
"""A sender that is silent for this long is gone."""

UPLOAD_SECONDS = 900.0
"""A quarter of an hour: 26 MiB over a line of 30 kB a second."""

FRAME_BYTES = 16 * 1024
"""Boundaries and headers of the form, generously."""

REQUIRED_PARTS = ("manifest", "bundle")


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadLimits:
    """Largest sizes of the parts, in bytes."""

    bundle_bytes: int
    source_map_bytes: int
    manifest_bytes: int


class _Measured:
    """Takes a part into a temporary file, measures it, and refuses it as soon as it is too large."""

    def __init__(self, limit_bytes: int, refuse: Callable[[int], PlatformError]) -> None:
        self._limit_bytes = limit_bytes
        self._refuse = refuse
        self._digest = hashlib.sha256()
        self._size = 0
        self.file = cast("BinaryIO", tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES))  # noqa: SIM115 - closed by UploadForm

    def write(self, content: bytes) -> None:
        self._size += len(content)
        if self._size > self._limit_bytes:
            raise self._refuse(self._limit_bytes)
        self._digest.update(content)
        self.file.write(content)

    def finish(self) -> None:
        """Nothing is left to do."""

    @property
    def received(self) -> ReceivedFile:
        return ReceivedFile(size_bytes=self._size, sha256=self._digest.hexdigest())


class _Collected:
    """Takes a small part into memory and hands it over when it is complete."""

    def __init__(
        self, limit_bytes: int, refuse: Callable[[int], PlatformError], complete: Callable[[bytes], None]
    ) -> None:
        self._limit_bytes = limit_bytes
        self._refuse = refuse
        self._complete = complete
        self._content = bytearray()

    def write(self, content: bytes) -> None:
        if len(self._content) + len(content) > self._limit_bytes:
            raise self._refuse(self._limit_bytes)
        self._content += content

    def finish(self) -> None:
        self._complete(bytes(self._content))


class UploadForm:
    """Receives one upload; a context manager that removes its temporary files.

    Parameters
    ----------
    request
        Its body has not been read.
    plugin_id
        Of the address; the manifest has to name it.
    limits
        Sizes of the parts.
    """

    def __init__(self, request: Request, *, plugin_id: str, limits: UploadLimits) -> None:
        self._request = request
        self._plugin_id = plugin_id
        self._limits = limits
        self._files = ExitStack()
        self._seen: set[str] = set()
        self._manifest: dict[str, Any] = {}
        self._changelog = ""
        self._bundle: _Measured | None = None
        self._source_map: _Measured | None = None

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the temporary files."""
        self._files.close()

    async def receive(self) -> Upload:
        """Read the body.

        Raises
        ------
        PlatformError
            The coded refusal of the first thing that is wrong; of the manifest, of everything that is.
        """
        headers = self._request.headers
        boundary = boundary_of(headers.get("content-type"), headers.get("content-encoding"))
        self._refuse_by_length(headers.get("content-length"))
        try:
            async with asyncio.timeout(UPLOAD_SECONDS):
                await read_form(self._chunks(), boundary=boundary, open_part=self._open_part)
        except TimeoutError as error:
            raise MultipartInvalidError(f"the form took longer than {UPLOAD_SECONDS:.0f} seconds") from error
        missing = [part for part in REQUIRED_PARTS if part not in self._seen]
        if missing or self._bundle is None:
            raise _faulty_parts([(part, "missing", f"the form has no part {part!r}") for part in missing])
        if self._bundle.received.size_bytes == 0:
            raise _faulty_parts([("bundle", "empty", "the bundle is empty")])
        content = SubmissionContent(
            manifest=self._manifest,
            changelog=self._changelog,
            bundle=self._bundle.received,
            source_map=self._source_map.received if self._source_map is not None else None,
        )
        source_map = self._source_map.file if self._source_map is not None else None
        return Upload(content=content, bundle=self._bundle.file, source_map=source_map)

    def _refuse_by_length(self, content_length: str | None) -> None:
        limits = self._limits
        largest = limits.bundle_bytes + limits.source_map_bytes + limits.manifest_bytes + MAX_CHANGELOG_BYTES
        announced = int(content_length) if content_length is not None and content_length.isdecimal() else 0
        if announced > largest + FRAME_BYTES:
            raise _bundle_too_large(limits.bundle_bytes)

    async def _chunks(self) -> AsyncIterator[bytes]:
        stream = self._request.stream()
        try:
            while True:
                async with asyncio.timeout(SILENCE_SECONDS):
                    chunk = await anext(stream, None)
                if chunk is None:
                    return
                yield chunk
        except TimeoutError as error:
            raise MultipartInvalidError(f"nothing came for {SILENCE_SECONDS:.0f} seconds") from error
        except ClientDisconnect as error:
            raise MultipartInvalidError("the connection ended before the form did") from error

    def _open_part(self, name: str) -> PartReceiver:
        if name in self._seen:
            raise _faulty_parts([(name, "duplicate", f"the part {name!r} stands twice in the form")])
        self._seen.add(name)
        limits = self._limits
        match name:
            case "manifest":
                return _Collected(limits.manifest_bytes, _manifest_too_large, self._take_manifest)
            case "changelog":
                return _Collected(MAX_CHANGELOG_BYTES, _changelog_too_long, self._take_changelog)
            case "bundle":
                self._bundle = self._measured(limits.bundle_bytes, _bundle_too_large)
                return self._bundle
            case "source_map":
                self._source_map = self._measured(limits.source_map_bytes, _source_map_too_large)
                return self._source_map
            case _:
                raise _faulty_parts([(name[:100], "unknown", "the form has a part of a name that is not known")])

    def _measured(self, limit_bytes: int, refuse: Callable[[int], PlatformError]) -> _Measured:
        part = _Measured(limit_bytes, refuse)
        self._files.callback(part.file.close)
        return part

    def _take_manifest(self, content: bytes) -> None:
        try:
            value = parse_strict(content)
        except StrictJsonError as error:
            raise _manifest_invalid([Violation("", "json", str(error))]) from error
        violations = check_manifest(value)
        if isinstance(value, dict) and isinstance(value.get("id"), str) and value["id"] != self._plugin_id:
            violations.append(Violation("/id", "mismatch", f"the address names the plugin {self._plugin_id!r}"))
        if violations:
            raise _manifest_invalid(violations)
        self._manifest = value

    def _take_changelog(self, content: bytes) -> None:
        try:
            self._changelog = content.decode("utf-8").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            raise _faulty_parts([("changelog", "encoding", "the changelog is not UTF-8")]) from error
        if "\0" in self._changelog:
            raise _faulty_parts([("changelog", "encoding", "the changelog contains NUL")])


def _faulty_parts(faults: list[tuple[str, str, str]]) -> RequestInvalidError:
    errors = [FieldError(pointer=f"/{part}", code=code, detail=detail) for part, code, detail in faults]
    return RequestInvalidError("some parts of the form are not as documented", errors=errors)


def _manifest_invalid(violations: list[Violation]) -> ManifestInvalidError:
    errors = [FieldError(pointer=fault.pointer, code=fault.code, detail=fault.detail) for fault in violations]
    return ManifestInvalidError(f"the manifest has {len(errors)} faults", errors=errors)


def _bundle_too_large(limit_bytes: int) -> BundleTooLargeError:
    return BundleTooLargeError(f"a bundle has at most {limit_bytes} bytes")


def _source_map_too_large(limit_bytes: int) -> SourceMapTooLargeError:
    return SourceMapTooLargeError(f"a source map has at most {limit_bytes} bytes")


def _manifest_too_large(limit_bytes: int) -> ManifestTooLargeError:
    return ManifestTooLargeError(f"a manifest has at most {limit_bytes} bytes")


def _changelog_too_long(limit_bytes: int) -> RequestInvalidError:
    return _faulty_parts([("changelog", "too_long", f"a changelog has at most {limit_bytes} bytes")])
