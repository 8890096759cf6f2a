"""Developers who publish version after version, and a reviewer who judges them, through whatever happens."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Self

import httpx

from testkit.faults.ledger import Ledger
from testkit.people import People

_PAUSE_SECONDS = 0.2
_AWAY = {502, 503, 504}
_REJECTED_EACH = 4
"""Every fourth version is turned down."""


class PublishTraffic:
    """Submits versions of several plugins, each when the one before is judged, until the ``async with`` block ends.

    Whatever is not acknowledged is sent again. The reviewer goes on until `stop` is called, so that what was
    submitted can come to its end.

    Parameters
    ----------
    people
        Who makes the browsers.
    ledger
        Gets ``{"submission", "plugin_id", "version"}`` for each acknowledged upload, and ``{"decided", "verdict"}``.
    streams
        Plugins at the same time.
    """

    def __init__(self, people: People, ledger: Ledger, *, streams: int) -> None:
        self._people = people
        self._ledger = ledger
        self._streams = streams
        self._ended = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.plugin_ids: list[str] = []

    async def __aenter__(self) -> Self:
        developer, self._reviewer = await self._people.developer(), await self._people.reviewer()
        self.plugin_ids = [await self._people.create_plugin(developer) for _ in range(self._streams)]
        self._tasks = [asyncio.create_task(self._publish(developer, plugin_id)) for plugin_id in self.plugin_ids]
        self._reviews = asyncio.create_task(self._review())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if kind is not None:
            for task in self._tasks:
                task.cancel()
        results = await asyncio.gather(*self._tasks, return_exceptions=True)
        if kind is not None or any(isinstance(each, Exception) for each in results):
            await self.stop()
        for each in results:
            if isinstance(each, Exception):
                raise each

    async def stop(self) -> None:
        """Let the reviewer go.

        Raises
        ------
        AssertionError
            The reviewer was answered what nobody can expect.
        """
        self._reviews.cancel()
        (result,) = await asyncio.gather(self._reviews, return_exceptions=True)
        if isinstance(result, Exception):
            raise result

    async def _publish(self, developer: httpx.AsyncClient, plugin_id: str) -> None:
        number = 0
        while not self._ended.is_set():
            number += 1
            version = f"1.{number}.0"
            submission = await self._upload(developer, plugin_id, version)
            if submission is None:
                return
            self._ledger.note(submission=submission, plugin_id=plugin_id, version=version)
            await self._until_judged(developer, submission)

    async def _upload(self, developer: httpx.AsyncClient, plugin_id: str, version: str) -> str | None:
        while not self._ended.is_set():
            with suppress(httpx.TransportError):
                answer = await self._people.submit(developer, plugin_id, version)
                if answer.status_code == httpx.codes.ACCEPTED:
                    return str(answer.json()["id"])
                _expect_away(answer)
            await asyncio.sleep(_PAUSE_SECONDS)
        return None

    async def _until_judged(self, developer: httpx.AsyncClient, submission: str) -> None:
        while not self._ended.is_set():
            with suppress(httpx.TransportError):
                answer = await developer.get(f"/developer/submissions/{submission}")
                if answer.status_code == httpx.codes.OK:
                    if answer.json()["status"] in {"published", "rejected"}:
                        return
                else:
                    _expect_away(answer)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _review(self) -> None:
        while True:
            with suppress(httpx.TransportError):
                queue = await self._reviewer.get("/review/queue", params={"limit": 100})
                if queue.status_code == httpx.codes.OK:
                    for item in queue.json()["items"]:
                        if item["status"] == "awaiting_review":
                            await self._judge(item["id"], item["version"])
                else:
                    _expect_away(queue)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _judge(self, submission: str, version: str) -> None:
        body = {"verdict": "approve"}
        if int(version.split(".")[1]) % _REJECTED_EACH == 0:
            body = {"verdict": "reject", "reason_code": "other", "text": "Not this one."}
        answer = await self._reviewer.post(f"/review/submissions/{submission}/decision", json=body)
        if answer.status_code == httpx.codes.OK:
            self._ledger.note(decided=submission, verdict=body["verdict"])
        elif answer.status_code != httpx.codes.CONFLICT:  # one that was decided, though nobody could say so
            _expect_away(answer)


def _expect_away(answer: httpx.Response) -> None:
    if answer.status_code not in _AWAY:
        raise AssertionError(f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text[:500]}")
