"""What a supervisor does: programs that end are started again."""

from __future__ import annotations

import asyncio
from collections import Counter
from types import TracebackType
from typing import Self

import structlog

from platform_local.errors import LocalPlatformError
from testkit.platform import RunningPlatform
from testkit.waiting import eventually

_LOOK_SECONDS = 0.1
_PATIENCE_SECONDS = 90.0

_log = structlog.get_logger()


class Keeper:
    """Starts programs again as they end, until the ``async with`` block ends; then it waits until all are ready.

    Parameters
    ----------
    platform
        Whose programs it looks after.
    """

    def __init__(self, platform: RunningPlatform) -> None:
        self._platform = platform
        self.deaths: Counter[str] = Counter()
        """How often each program ended meanwhile."""

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._keep())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if kind is None:
            await eventually(self._all_ready, _PATIENCE_SECONDS, saying="every program is ready again")
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._revive_dead()  # the next test finds every program there, however this one ended

    async def _keep(self) -> None:
        while True:
            self._revive_dead()
            await asyncio.sleep(_LOOK_SECONDS)

    def _revive_dead(self) -> None:
        for name in self._platform.names:
            if self._platform.has_ended(name):
                self.deaths[name] += 1
                try:
                    self._platform.launch(name)  # here rather than on a thread: children end with their thread
                except LocalPlatformError as error:
                    _log.warning("not_revived", program=name, cause=str(error))  # its port is not free yet

    async def _all_ready(self) -> bool:
        return await asyncio.to_thread(lambda: all(map(self._platform.is_ready, self._platform.names)))
