"""Official container images of the servers, at the versions of the local recipes; the compose file names the same."""

from __future__ import annotations

from platform_local.servers import kafka, opensearch, s3proxy

IMAGES = {
    "postgres": "postgres:16",
    "redis": "redis:7",
    "kafka": f"apache/kafka:{kafka.VERSION}",
    "opensearch": f"opensearchproject/opensearch:{opensearch.VERSION}",
    "s3": f"andrewgaul/s3proxy:{s3proxy.VERSION}",
}
