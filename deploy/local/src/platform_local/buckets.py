"""Creates the object store's buckets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:  # the stubs are not needed at run time
    from types_boto3_s3 import S3Client

REGION = "us-east-1"
QUARANTINE_BUCKET = "quarantine"
BUNDLE_BUCKET = "bundles"
BUCKETS = (QUARANTINE_BUCKET, BUNDLE_BUCKET)


def s3_client(endpoint_url: str, access_key_id: str, secret_access_key: str) -> S3Client:
    """Return a client with path-style addresses and Signature Version 4."""
    return boto3.client(
        "s3",
        endpoint_url=endpoint_url,
        aws_access_key_id=access_key_id,
        aws_secret_access_key=secret_access_key,
        region_name=REGION,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}, retries={"max_attempts": 5}),
    )


def create_buckets(client: S3Client, names: Iterable[str]) -> None:
    """Create the buckets that are missing. Idempotent, safe to retry.

    Raises
    ------
    botocore.exceptions.ClientError
        Where the store refuses.
    """
    for name in names:
        try:
            client.create_bucket(Bucket=name)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") not in {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}:
                raise


def delete_bucket(client: S3Client, name: str) -> None:
    """Delete a bucket with all it holds: a test session's own."""
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=name):
        for found in page.get("Contents", []):
            client.delete_object(Bucket=name, Key=found["Key"])
    client.delete_bucket(Bucket=name)
