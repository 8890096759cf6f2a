"""What the upload route hands over: files that were measured while they came in, lying on disk or in little memory."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import BinaryIO

from publishing.domain.submissions import ReceivedFile, SubmissionContent
from publishing.domain.verdicts import BUNDLE_FILE, SOURCE_MAP_FILE


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadedFile:
    """A file and what was measured of it."""

    file: BinaryIO
    received: ReceivedFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A whole upload; the manifest has been found valid and fits the address."""

    content: SubmissionContent
    bundle: BinaryIO
    source_map: BinaryIO | None

    @property
    def version(self) -> str:
        """The manifest's version."""
        return str(self.content.manifest["version"])

    def files(self) -> dict[str, BinaryIO]:
        """Give file name → file."""
        found = {BUNDLE_FILE: self.bundle}
        return found if self.source_map is None else {**found, SOURCE_MAP_FILE: self.source_map}


ReceiveUpload = Callable[[], Awaitable[Upload]]
"""Reads the request's body; raises a coded refusal as soon as something is wrong with it."""
