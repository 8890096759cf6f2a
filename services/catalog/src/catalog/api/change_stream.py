"""Changes as server-sent events (HTML Living Standard, section 9.2)."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from catalog.api.change_cursors import encode_mark
from catalog.domain.change_pages import Mark, PublicChange, Wanted
from catalog.usecases.read_changes import ReadChanges
from chassis.errors import ServiceUnavailableError

MEDIA_TYPE = "text/event-stream"
HEARTBEAT_SECONDS = 15.0
"""Half of what the gateway and many proxies take for a connection that has died."""

PAGE_BYTES = 65_536
PAGE_CHANGES = 100
"""What one reader holds at most, however slowly it reads (a single larger event excepted)."""

_RETRY_MS = (1_000, 4_000)
"""Drawn for each stream, so that the readers of a process that restarts do not come back at once."""

_OUTAGE_SECONDS = 1.0


class ChangeStream(StreamingResponse):
    """One reader's stream.

    Parameters
    ----------
    read_changes
        Gives the pages.
    mark
        Where the reader stands.
    wanted
        What it asks for.
    on_end
        Called once, when the stream has ended.
    """

    media_type = MEDIA_TYPE

    def __init__(self, read_changes: ReadChanges, mark: Mark, wanted: Wanted, *, on_end: Callable[[], None]) -> None:
        self._on_end = on_end
        # "no-transform": a proxy that compresses would hold events back until it has enough of them.
        headers = {"cache-control": "no-store, no-transform", "vary": "Accept"}
        super().__init__(_events(read_changes, mark, wanted), headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until the client leaves, stops reading, or the process ends."""
        try:
            with suppress(OSError):
                await super().__call__(scope, receive, send)
        finally:
            self._on_end()


async def _events(read_changes: ReadChanges, mark: Mark, wanted: Wanted) -> AsyncIterator[bytes]:
    yield b"retry: %d\n%s" % (random.randint(*_RETRY_MS), _place(mark))
    while not read_changes.watch.has_stopped:
        try:
            page, mark = await read_changes.read(mark, wanted, wait_seconds=HEARTBEAT_SECONDS)
        except ServiceUnavailableError:  # an error now would end the stream, and browsers take a 503 for the last word
            await asyncio.sleep(_OUTAGE_SECONDS)
            yield _place(mark)
            continue
        for change in page.changes:
            yield _event(change)
        if not page.changes:
            yield _place(mark)


def _place(mark: Mark) -> bytes:
    """Write a sign of life without an event: the client keeps the id, and resumes there even if it had no event yet."""
    return b":\nid: %s\n\n" % encode_mark(mark).encode()


def _event(change: PublicChange) -> bytes:
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (str(change.event_id).encode(), change.type.encode(), change.json)
