"""A session's own corner of Redis and of the object store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import redis

from platform_local.buckets import REGION, create_buckets, delete_bucket, s3_client
from testkit.servers import S3

_COUNTER_KEY = "testkit:next-database"
_DATABASES = 1024


@dataclass(frozen=True)
class S3Settings:
    """What a service needs to know of the object store, with buckets that only this session uses."""

    endpoint_url: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    quarantine_bucket: str
    bundle_bucket: str
    region: str = REGION

    def environment(self) -> dict[str, str]:
        """Return the settings as services read them from the environment."""
        return {
            "S3_ENDPOINT_URL": self.endpoint_url,
            "S3_ACCESS_KEY_ID": self.access_key_id,
            "S3_SECRET_ACCESS_KEY": self.secret_access_key,
            "S3_REGION": self.region,
            "S3_QUARANTINE_BUCKET": self.quarantine_bucket,
            "S3_BUNDLE_BUCKET": self.bundle_bucket,
        }


@contextmanager
def own_redis_database(url: str) -> Iterator[str]:
    """Give a numbered database that no other session uses now, empty before and after."""
    with redis.Redis.from_url(url) as root:
        number = 1 + int(root.incr(_COUNTER_KEY)) % (_DATABASES - 1)
    own_url = f"{url.rsplit('/', 1)[0]}/{number}"
    with redis.Redis.from_url(own_url) as own:
        own.flushdb()
        try:
            yield own_url
        finally:
            own.flushdb()


@contextmanager
def own_buckets(store: S3, prefix: str) -> Iterator[S3Settings]:
    """Give a quarantine and a bundle bucket of this session's own; both are deleted at its end."""
    settings = S3Settings(
        endpoint_url=store.endpoint_url,
        access_key_id=store.access_key_id,
        secret_access_key=store.secret_access_key,
        quarantine_bucket=f"{prefix}quarantine",
        bundle_bucket=f"{prefix}bundles",
    )
    buckets = (settings.quarantine_bucket, settings.bundle_bucket)
    client = s3_client(store.endpoint_url, store.access_key_id, store.secret_access_key)
    try:
        create_buckets(client, buckets)
        yield settings
        for bucket in buckets:
            delete_bucket(client, bucket)
    finally:
        client.close()
