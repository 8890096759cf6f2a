"""The ledger: what the platform acknowledged, on the disk before a test relies on it."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class Ledger:
    """Appends a line for each acknowledged operation; an asynchronous context.

    Operations that are acknowledged together share one fsync, so that the ledger keeps up with the load.

    Parameters
    ----------
    path
        Of the file; lines of JSON.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._waiting: list[str] = []
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    async def __aenter__(self) -> Self:
        self._file = self._path.open("a", encoding="utf-8")
        self._task = asyncio.create_task(self._write())
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._append(self._waiting)
        self._waiting = []
        self._file.close()

    def note(self, **entry: object) -> None:
        """Note what was acknowledged just now."""
        self._waiting.append(json.dumps(entry))
        self._idle.clear()
        self._wake.set()

    async def entries(self) -> list[dict[str, Any]]:
        """Wait until everything noted so far is on the disk, and read it back."""
        await self._idle.wait()
        return [json.loads(line) for line in self._path.read_text("utf-8").splitlines()]

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            lines, self._waiting = self._waiting, []
            # The context's end must not overtake a write that is under way.
            await asyncio.shield(asyncio.to_thread(self._append, lines))
            if not self._waiting:
                self._idle.set()

    def _append(self, lines: list[str]) -> None:
        self._file.write("".join(f"{line}\n" for line in lines))
        self._file.flush()
        os.fsync(self._file.fileno())
