"""What anonymous visitors read."""

from __future__ import annotations

import random
from collections.abc import Sequence
from uuid import uuid4

import aiohttp

from testkit.faults.load import Answer, send
from testkit.people import API


class ReadTraffic:
    """Operations for a `Load`: listings, searches that nobody asked before, details, versions, reviews and bundles.

    Parameters
    ----------
    client
        From `open_client`.
    plugin_ids
        Published plugins whose version 1.0.0 is there.
    """

    def __init__(self, client: aiohttp.ClientSession, plugin_ids: Sequence[str]) -> None:
        self._client = client
        self._plugin_ids = plugin_ids

    async def __call__(self) -> Answer:
        """Read something."""
        plugin = f"/plugins/{random.choice(self._plugin_ids)}"
        addresses = (
            "/plugins",
            f"/plugins?q={uuid4().hex[:8]}",  # no cache has the answer
            "/plugins/categories",
            plugin,
            f"{plugin}/versions",
            f"{plugin}/versions/1.0.0",
            f"{plugin}/versions/1.0.0/bundle",
            f"{plugin}/reviews",
        )
        return await send(self._client, "GET", API + random.choice(addresses))
