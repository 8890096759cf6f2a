"""An S3 bucket: streamed uploads, conditional copies, presigned reads.

boto3 is synchronous; each call runs in a thread, so the event loop goes on.
"""

import asyncio
from collections.abc import Callable
from typing import BinaryIO, ParamSpec, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import SecretStr

from chassis.errors import ServiceUnavailableError

P = ParamSpec("P")
T = TypeVar("T")

_NOT_FOUND = frozenset({"404", "NoSuchKey", "NotFound", "NoSuchBucket"})
_ALREADY_THERE = frozenset({"412", "PreconditionFailed", "ConditionalRequestConflict"})


class ObjectNotFoundError(LookupError):
    """There is no object under the key."""


class ObjectExistsError(Exception):
    """There is an object under the key already; it was left as it is."""


class ObjectStore:
    """One bucket.

    Parameters
    ----------
    endpoint_url, region, access_key_id, secret_access_key
        Of the S3 service.
    bucket
        Must exist.
    """

    def __init__(
        self, *, endpoint_url: str, region: str, access_key_id: SecretStr, secret_access_key: SecretStr, bucket: str
    ) -> None:
        self._bucket = bucket
        self._client = boto3.client(
            "s3",
            endpoint_url=endpoint_url,
            region_name=region,
            aws_access_key_id=access_key_id.get_secret_value(),
            aws_secret_access_key=secret_access_key.get_secret_value(),
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                connect_timeout=2,
                read_timeout=20,
                retries={"max_attempts": 2, "mode": "standard"},
                max_pool_connections=32,
            ),
        )

    async def put(self, key: str, content: BinaryIO, *, content_type: str) -> None:
        """Store a file object's content from its current position; replaces what was there. A retry is safe."""
        await self._call(self._client.put_object, Bucket=self._bucket, Key=key, Body=content, ContentType=content_type)

    async def put_new(self, key: str, content: BinaryIO, *, content_type: str, cache_control: str) -> None:
        """Store content under a key that is free (``If-None-Match: *``).

        Raises
        ------
        ObjectExistsError
            The key is taken; compare the object's content to learn whether an earlier attempt was yours.
        """
        try:
            await self._call(
                self._client.put_object, Bucket=self._bucket, Key=key, Body=content,
                ContentType=content_type, CacheControl=cache_control, IfNoneMatch="*",
            )  # fmt: skip
        except ClientError as error:
            if _code(error) in _ALREADY_THERE:
                raise ObjectExistsError(key) from error
            raise

    async def read(self, key: str, *, chunk_bytes: int, sink: Callable[[bytes], object]) -> None:
        """Feed an object's content to `sink`, chunk by chunk.

        Raises
        ------
        ObjectNotFoundError
            There is no such object.
        """

        def copy() -> None:
            body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"]
            for chunk in iter(lambda: body.read(chunk_bytes), b""):
                sink(chunk)

        try:
            await self._call(copy)
        except ClientError as error:
            if _code(error) in _NOT_FOUND:
                raise ObjectNotFoundError(key) from error
            raise

    async def delete(self, key: str) -> None:
        """Remove an object; removing one that is not there does nothing."""
        await self._call(self._client.delete_object, Bucket=self._bucket, Key=key)

    def presigned_get_url(self, key: str, *, expires_seconds: int) -> str:
        """Make an address at which anybody can read the object for `expires_seconds`; asks no server."""
        url: str = self._client.generate_presigned_url(
            "get_object", Params={"Bucket": self._bucket, "Key": key}, ExpiresIn=expires_seconds
        )
        return url

    async def ping(self) -> None:
        """Return when the bucket answers."""
        await self._call(self._client.head_bucket, Bucket=self._bucket)

    async def _call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await asyncio.to_thread(function, *args, **kwargs)
        except ClientError as error:
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:  # noqa: PLR2004 - HTTP
                raise ServiceUnavailableError("the object store") from error
            raise
        except BotoCoreError as error:
            raise ServiceUnavailableError("the object store") from error


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
