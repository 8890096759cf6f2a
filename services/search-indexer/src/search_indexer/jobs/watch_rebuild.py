"""Rebuild the index, and tell people how far it is until readers have it."""

import asyncio
import time
from collections.abc import Callable

from chassis.errors import ServiceUnavailableError
from search_indexer.usecases.rebuild_index import RebuildIndex, RebuildPlan, RebuildProgress

LOOK_SECONDS = 1.0
STALL_SECONDS = 20.0

_STALLED = (
    f"Nothing has changed for {STALL_SECONDS:.0f} s. Is `python -m search_indexer work` running? Its log says what it"
    " waits for."
)


class RebuildWatch:
    """Starts a rebuild, or joins the one that is under way.

    Parameters
    ----------
    rebuild
        Does it.
    say
        Takes a line for people.
    """

    def __init__(self, *, rebuild: RebuildIndex, say: Callable[[str], None]) -> None:
        self._rebuild = rebuild
        self._say = say

    async def preview(self) -> None:
        """Say what `run` would do.

        Raises
        ------
        NewerIndexReadError, ServiceUnavailableError
            There is nothing to rebuild, or the engine does not answer.
        """
        plan = await self._rebuild.plan()
        self._say(f"{'Would watch' if plan.exists else 'Would create'} {_described(plan)}")

    async def run(self) -> None:
        """Rebuild; returns when readers have the new index. The rebuild goes on without this watch, too.

        Raises
        ------
        NewerIndexReadError
            There is nothing to rebuild.
        ServiceUnavailableError
            The engine does not answer at the beginning; an outage later is waited for.
        IndexMissingError
            Somebody deleted the new index.
        """
        plan = await self._rebuild.plan()
        self._say(f"{'Joining the rebuild of' if plan.exists else 'Creating'} {_described(plan)}")
        generation = await self._rebuild.start()
        pace = _Pace()
        while True:
            try:
                progress = await self._rebuild.find_progress(generation)
            except ServiceUnavailableError as error:
                self._say(f"  {error.detail}; waiting")
            else:
                if progress.is_read:
                    self._say(f"Readers have {progress.documents:,} documents in it, after {pace.seconds:.0f} s.")
                    return
                if line := pace.describe(progress):
                    self._say(line)
            await asyncio.sleep(LOOK_SECONDS)


class _Pace:
    """What was seen of a rebuild so far."""

    def __init__(self) -> None:
        self._began_seconds = self._changed_seconds = time.monotonic()
        self._first: int | None = None
        self._last: RebuildProgress | None = None

    @property
    def seconds(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._began_seconds

    def describe(self, progress: RebuildProgress) -> str | None:
        """Give the line that tells what is new; None where nothing is."""
        now_seconds = time.monotonic()
        if self._first is None:
            self._first = progress.documents
        if progress != self._last:
            self._last, self._changed_seconds = progress, now_seconds
            return _line(progress, per_second=(progress.documents - self._first) / max(self.seconds, LOOK_SECONDS))
        if now_seconds - self._changed_seconds > STALL_SECONDS:
            self._changed_seconds = now_seconds
            return _STALLED
        return None


def _described(plan: RebuildPlan) -> str:
    meanwhile = f"Readers stay with {plan.read}" if plan.read else "Readers have no index: catalog asks its database"
    return f"{plan.index}. {meanwhile} until it holds everything."


def _line(progress: RebuildProgress, *, per_second: float) -> str:
    line = f"  {progress.documents:,}"
    if progress.expected is not None:
        line += f" of about {progress.expected:,}"
    line += " documents"
    if per_second > 0:
        line += f", {per_second:,.0f} a second"
        left = (progress.expected or 0) - progress.documents
        if left > 0:
            line += f", {left / per_second:.0f} s left"
    return line
