"""A session's own indices in OpenSearch."""

from __future__ import annotations

import httpx


def delete_indices(url: str, prefix: str) -> None:
    """Delete every index whose name begins with the prefix (aliases go with their indices)."""
    with httpx.Client(base_url=url, timeout=30) as client:
        found = (
            client.get(f"/_cat/indices/{prefix}*", params={"format": "json", "h": "index"}).raise_for_status().json()
        )
        for row in found:
            client.delete(f"/{row['index']}").raise_for_status()
