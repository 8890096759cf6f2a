"""The two buckets: quarantine, where uploads wait, and the bundle bucket, which the world reads."""

import hashlib
import tempfile
from typing import IO, BinaryIO, cast
from uuid import UUID

from chassis.objectstore import ObjectExistsError, ObjectNotFoundError, ObjectStore
from contracts.events.plugins import StoredFile
from publishing.domain.errors import FileChangedError, FileMissingError, ForeignObjectError
from publishing.domain.releases import object_key
from publishing.domain.submissions import ReceivedFile, Submission
from publishing.domain.verdicts import BUNDLE_FILE, SOURCE_MAP_FILE

CHUNK_BYTES = 256 * 1024
DOWNLOAD_SECONDS = 60
"""Life of an address that the gateway fetches at once."""

IMMUTABLE = "public, max-age=31536000, immutable"

CONTENT_TYPES = {BUNDLE_FILE: "text/javascript; charset=utf-8", SOURCE_MAP_FILE: "application/json"}


class SubmissionFiles:
    """Files of submissions.

    Parameters
    ----------
    quarantine
        Bucket of uploads, under ``{submission id}/{file name}``.
    bundles
        Bucket of published files, under ``{plugin}/{version}/{file name}``.
    """

    def __init__(self, *, quarantine: ObjectStore, bundles: ObjectStore) -> None:
        self._quarantine = quarantine
        self._bundles = bundles

    async def store(self, submission_id: UUID, name: str, content: BinaryIO) -> None:
        """Put a file into quarantine, from its beginning; a retry is safe."""
        content.seek(0)
        await self._quarantine.put(_staged(submission_id, name), content, content_type=CONTENT_TYPES[name])

    async def fetch(self, submission: Submission, name: str) -> IO[bytes]:
        """Copy a file from quarantine to a temporary file on disk, which the caller closes.

        Raises
        ------
        FileMissingError
            It is not there.
        FileChangedError
            It is not the file that was received.
        """
        expected = submission.content.files()[name]
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
        try:
            found = await _copy(self._quarantine, _staged(submission.id, name), file)
        except ObjectNotFoundError as error:
            file.close()
            raise FileMissingError(f"{name} is not in quarantine") from error
        except BaseException:
            file.close()
            raise
        if found != expected:
            file.close()
            raise FileChangedError(f"{name} in quarantine is not the file that was received")
        file.seek(0)
        return file

    async def publish(self, submission: Submission, name: str, content: IO[bytes]) -> StoredFile:
        """Put a verified file under its public key; a file of the same bytes may lie there already.

        Raises
        ------
        ForeignObjectError
            Other bytes lie there; they were left as they are.
        """
        received = submission.content.files()[name]
        key = object_key(submission.plugin_id, submission.version, name)
        try:
            await self._bundles.put_new(
                key, cast("BinaryIO", content), content_type=CONTENT_TYPES[name], cache_control=IMMUTABLE
            )
        except ObjectExistsError as error:
            if await self._published(key) != received:
                raise ForeignObjectError(f"other bytes lie under {key!r} in the bundle bucket") from error
        return StoredFile(object_key=key, size_bytes=received.size_bytes, sha256=received.sha256)

    async def unpublish(self, submission: Submission) -> None:
        """Remove files that are this submission's from the bundle bucket, where no version was ever published."""
        for name, received in submission.content.files().items():
            key = object_key(submission.plugin_id, submission.version, name)
            if await self._published(key) == received:
                await self._bundles.delete(key)

    async def clear(self, submission_id: UUID) -> None:
        """Remove a submission's files from quarantine; a retry is safe."""
        for name in CONTENT_TYPES:
            await self._quarantine.delete(_staged(submission_id, name))

    def download_url(self, submission: Submission, name: str) -> str:
        """Give an address at which the gateway can fetch a file, wherever it lies now."""
        if submission.status == "published":
            key = object_key(submission.plugin_id, submission.version, name)
            return self._bundles.presigned_get_url(key, expires_seconds=DOWNLOAD_SECONDS)
        return self._quarantine.presigned_get_url(_staged(submission.id, name), expires_seconds=DOWNLOAD_SECONDS)

    async def _published(self, key: str) -> ReceivedFile | None:
        try:
            return await _copy(self._bundles, key, None)
        except ObjectNotFoundError:
            return None


def _staged(submission_id: UUID, name: str) -> str:
    return f"{submission_id}/{name}"


async def _copy(store: ObjectStore, key: str, target: IO[bytes] | None) -> ReceivedFile:
    digest = hashlib.sha256()
    size = 0

    def take(chunk: bytes) -> None:
        nonlocal size
        digest.update(chunk)
        size += len(chunk)
        if target is not None:
            target.write(chunk)

    await store.read(key, chunk_bytes=CHUNK_BYTES, sink=take)
    return ReceivedFile(size_bytes=size, sha256=digest.hexdigest())
