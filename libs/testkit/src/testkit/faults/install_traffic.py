"""Visitors who install, configure and remove plugins, with a ledger of what was acknowledged to them."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

import aiohttp

from testkit.faults.ledger import Ledger
from testkit.faults.load import Answer, send
from testkit.people import API

_CHANGES = 0.10
_REMOVALS = 0.05
"""Parts of the traffic that are no first installs."""


@dataclass
class _Place:
    """What one visitor has of one plugin: `tag` is in its settings, and tells which write was the last."""

    cookie: str
    plugin_id: str
    tag: str = ""


class InstallTraffic:
    """Operations for a `Load`; each write leaves a tag of its own in the install's settings.

    No two operations of one place run side by side, so the last acknowledged one is what must be found.

    Parameters
    ----------
    client
        From `open_client`.
    plugin_ids
        Published plugins whose settings may hold a ``tag``.
    ledger
        Gets ``{"tag", "was", "plugin_id"}`` for each acknowledged write; `tag` is null for a removal.
    """

    def __init__(self, client: aiohttp.ClientSession, plugin_ids: Sequence[str], ledger: Ledger) -> None:
        self._client = client
        self.plugin_ids = plugin_ids
        self._ledger = ledger
        self._free: deque[_Place] = deque()
        self._settled: deque[_Place] = deque()
        self.unknown: set[str] = set()
        """Tags of installs of which a later write was not answered: it may have happened or not."""

    async def __call__(self) -> Answer:
        """Do one operation."""
        choice = random.random()
        if self._settled and choice < _CHANGES:
            return await self._change(self._settled.popleft())
        if self._settled and choice < _CHANGES + _REMOVALS:
            return await self._remove(self._settled.popleft())
        return await self._install(self._free.popleft() if self._free else None)

    async def _install(self, place: _Place | None) -> Answer:
        plugin_id = place.plugin_id if place else self.plugin_ids[0]
        tag = uuid4().hex
        body = {"plugin_id": plugin_id, "settings": {"tag": tag}}
        cookie = place.cookie if place else None
        answer = await send(self._client, "POST", f"{API}/user/plugins/install", body=body, cookie=cookie)
        if answer.is_accepted:
            self._ledger.note(tag=tag, was=None, plugin_id=plugin_id)
            cookie = cookie or answer.cookie
            if cookie is None:
                raise AssertionError(f"a new visitor got no cookie: {answer}")
            if place is None:
                self._free.extend(_Place(cookie, other) for other in self.plugin_ids[1:])
            self._settled.append(_Place(cookie, plugin_id, tag))
        return answer

    async def _change(self, place: _Place) -> Answer:
        tag = uuid4().hex
        address = f"{API}/user/plugins/{place.plugin_id}"
        answer = await send(self._client, "PATCH", address, body={"settings": {"tag": tag}}, cookie=place.cookie)
        if answer.is_accepted:
            self._ledger.note(tag=tag, was=place.tag, plugin_id=place.plugin_id)
            self._settled.append(_Place(place.cookie, place.plugin_id, tag))
        else:
            self.unknown.add(place.tag)
        return answer

    async def _remove(self, place: _Place) -> Answer:
        answer = await send(self._client, "DELETE", f"{API}/user/plugins/{place.plugin_id}", cookie=place.cookie)
        if answer.is_accepted:
            self._ledger.note(tag=None, was=place.tag, plugin_id=place.plugin_id)
        else:
            self.unknown.add(place.tag)
        return answer


def lost_writes(entries: Sequence[dict[str, str | None]], unknown: set[str], found: dict[str, str]) -> list[str]:
    """Compare a ledger with the database; returns what was acknowledged and is not so, [] where nothing was lost.

    Parameters
    ----------
    entries
        Of the ledger.
    unknown
        `InstallTraffic.unknown`.
    found
        Tags in the database -> plugin.
    """
    replaced = {entry["was"] for entry in entries if entry["was"]}
    lost = [
        f"the acknowledged write {entry['tag']} of {entry['plugin_id']} is not there"
        for entry in entries
        if entry["tag"] and entry["tag"] not in replaced | unknown and entry["tag"] not in found
    ]
    undone = [f"{tag} was replaced or removed and is there again" for tag in replaced if tag in found]
    return lost + undone
